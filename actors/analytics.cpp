#include "sluice/analytics.hpp"

#include <random>

#include "actors/buffer_actor.hpp"
#include "actors/context.hpp"
#include "actors/supervisor.hpp"
#include "core/event/uuid.hpp"
#include "store/make_store.hpp"
#include "transport/make_transport.hpp"

namespace sluice {

boost::system::result<analytics, std::vector<option_error>> spawn_analytics(caf::actor_system& system,
                                                                            const options& settings, extensions parts) {
  if (!compat::knows<track>(system))
    return std::vector{option_error{"actor_system", "must have been configured with sluice::configure"}};
  if (auto errors = validate(settings); !errors.empty())
    return errors;
  if (!parts.queue) {
    auto made = make_store(settings);
    if (!made)
      return std::vector{option_error{made.error().field, made.error().message}};
    parts.queue = std::move(*made);
  }
  auto context = std::make_shared<actor_context>();
  context->settings = settings;
  if (settings.ordering == delivery_order::strict)
    context->settings.max_in_flight = 1;
  context->intake = std::make_shared<intake>(settings);
  context->queue = std::move(parts.queue);
  context->transport = parts.transport ? std::move(parts.transport) : make_transport;
  context->clock = parts.clock ? std::move(parts.clock) : std::chrono::system_clock::now;
  context->seed = parts.seed != 0 ? parts.seed : std::random_device{}();
  context->incarnation = (parts.seed != 0 ? uuid_source{parts.seed} : uuid_source{}).hex();
  context->detach_persister = parts.detach_persister;

  auto supervisor = spawn_supervisor(system, context);
  auto buffer = spawn_buffer(system, context, supervisor);
  compat::anon_send(supervisor, begin{buffer});
  return analytics{.buffer = public_handle(buffer),
                   .supervisor = supervisor,
                   .intake = context->intake,
                   .max_event_bytes = settings.max_event_bytes};
}

} // namespace sluice
