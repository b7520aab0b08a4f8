#include "actors/composition.hpp"

#include <random>

#include "actors/ask.hpp"
#include "actors/buffer_actor.hpp"
#include "actors/context.hpp"
#include "actors/guarded.hpp"
#include "actors/supervisor.hpp"
#include "core/event/uuid.hpp"
#include "core/persistence/block_list.hpp"
#include "store/make_store.hpp"
#include "transport/make_transport.hpp"

namespace sluice {

namespace {

unsigned caf_level(log_level level) {
  switch (level) {
  case log_level::debug:
    return CAF_LOG_LEVEL_DEBUG;
  case log_level::info:
    return CAF_LOG_LEVEL_INFO;
  case log_level::warning:
    return CAF_LOG_LEVEL_WARNING;
  case log_level::error:
    break;
  }
  return CAF_LOG_LEVEL_ERROR;
}

} // namespace

analytics::analytics(buffer_actor to, analytics_actor by, std::shared_ptr<intake> in, const options& o)
    : buffer{std::move(to)}, supervisor{std::move(by)}, intake_{std::move(in)}, log_{o.log}, write_key_{o.write_key} {}

analytics::analytics(analytics&&) noexcept = default;

analytics::~analytics() {
  shutdown();
}

result<shutdown_report> analytics::shutdown(std::chrono::milliseconds deadline) {
  if (!supervisor) // moved away
    return error{errc::closed, "", "the system has stopped"};
  return ask<shutdown_report>(supervisor, sluice::shutdown{deadline});
}

boost::system::result<analytics, std::vector<error>> spawn_analytics(caf::actor_system& system, const options& settings,
                                                                     extensions parts) {
  return composition::spawn(system, settings, std::move(parts));
}

boost::system::result<analytics, std::vector<error>>
composition::spawn(caf::actor_system& system, const options& settings, extensions parts, simulated_machine machine) {
  if (!compat::knows<track>(system))
    return std::vector{error{errc::invalid_option, "actor_system", "must have been configured with sluice::configure"}};
  if (auto errors = validate(settings); !errors.empty())
    return errors;
  if (!parts.queue) {
    auto made = make_store(settings);
    if (!made)
      return std::vector{made.error()};
    parts.queue = std::move(*made);
  }
  auto context = std::make_shared<actor_context>();
  context->settings = settings;
  if (!settings.log)
    context->settings.log = [&system](log_level level, std::string_view line) {
      compat::log(system, caf_level(level), std::string{line});
    };
  if (settings.ordering == delivery_order::strict)
    context->settings.max_in_flight = 1;
  context->intake = std::make_shared<intake>(settings);
  context->queue = std::move(parts.queue);
  // Before the first event comes in. What comes in while the store is away is accepted, and stored later.
  if (auto list = guarded([&] { return block_list::read(*context->queue); }))
    context->intake->block(std::move(*list));
  context->transport = parts.transport ? std::move(parts.transport) : make_transport;
  context->clock = machine.clock ? std::move(machine.clock) : std::chrono::system_clock::now;
  context->seed = machine.seed != 0 ? machine.seed : std::random_device{}();
  context->incarnation = (machine.seed != 0 ? uuid_source{machine.seed} : uuid_source{}).hex();
  context->detach_persister = machine.detach_persister;

  auto supervisor = spawn_supervisor(system, context);
  auto buffer = spawn_buffer(system, context, supervisor);
  compat::anon_send(supervisor, begin{buffer});
  return analytics{public_handle(buffer), supervisor, context->intake, context->settings};
}

} // namespace sluice
