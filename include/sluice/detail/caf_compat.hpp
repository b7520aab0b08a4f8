#pragma once

/// The only file that names what differs between CAF 0.17.6 and CAF 1.x. Not part of the public interface.

#include <caf/config.hpp>

#if (CAF_MAJOR_VERSION != 0 || CAF_MINOR_VERSION != 17) && CAF_MAJOR_VERSION != 1
#  error "Sluice needs CAF 0.17.6 or CAF 1.x"
#endif

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <typeindex>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/logger.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "sluice/error.hpp"

#if CAF_MAJOR_VERSION >= 1
#  include <caf/action.hpp>
#  include <caf/anon_mail.hpp>
#  include <caf/exec_main.hpp>
#  include <caf/telemetry/metric_registry.hpp>
#else
#  include <caf/meta/load_callback.hpp>
#  include <caf/meta/type_name.hpp>
#endif

namespace sluice::compat {

// -- signatures -------------------------------------------------------------------------------------------------------

#if CAF_MAJOR_VERSION >= 1
template <class Signature>
struct signature_of;
template <class R, class Message>
struct signature_of<R(Message)> {
  using type = caf::result<R>(Message);
};
#else
template <class Signature>
struct signature_of;
template <class R, class Message>
struct signature_of<R(Message)> {
  using type = typename caf::replies_to<Message>::template with<R>;
};
template <class Message>
struct signature_of<void(Message)> {
  using type = caf::reacts_to<Message>;
};
#endif

/// A typed handle: `typed<reply(request), void(one_way)>`. Every message is one struct.
template <class... Signatures>
using typed = caf::typed_actor<typename signature_of<Signatures>::type...>;

/// A handle that takes everything `Handle` does, and more.
template <class Handle, class... Signatures>
using extended = typename Handle::template extend<typename signature_of<Signatures>::type...>;

// -- inspection -------------------------------------------------------------------------------------------------------

template <class T>
struct named_member {
  const char* name;
  T& value;
};

template <class T>
named_member<T> member(const char* name, T& value) {
  return {name, value};
}

/// The body of an `inspect` overload.
template <class Inspector, class T, class... Ms>
auto inspect_object(Inspector& f, [[maybe_unused]] T& x, [[maybe_unused]] const char* type, named_member<Ms>... ms) {
#if CAF_MAJOR_VERSION >= 1
  return f.object(x).fields(f.field(ms.name, ms.value)...);
#else
  return f(caf::meta::type_name(type), ms.value...);
#endif
}

/// The body of an `inspect` overload of a type that travels as text.
template <class Inspector, class T, class ToText, class FromText>
auto inspect_as_text(Inspector& f, [[maybe_unused]] T& x, ToText to_text, FromText from_text) {
#if CAF_MAJOR_VERSION >= 1
  auto get = [&x, to_text] { return to_text(x); };
  auto set = [&x, from_text](std::string text) {
    x = from_text(text);
    return true;
  };
  return f.apply(get, set);
#else
  std::string text;
  if constexpr (Inspector::reads_state)
    text = to_text(x);
  return f(text, caf::meta::load_callback([&]() -> caf::error {
             x = from_text(text);
             return {};
           }));
#endif
}

#if CAF_MAJOR_VERSION >= 1
/// Enumerations travel as numbers; 0.17 does that by itself.
template <class T>
struct enum_access : caf::inspector_access_base<T> {
  template <class Inspector>
  static bool apply(Inspector& f, T& x) {
    using number = std::underlying_type_t<T>;
    return f.apply([&x] { return static_cast<number>(x); },
                   [&x](number n) {
                     x = static_cast<T>(n);
                     return true;
                   });
  }
};
#endif

// -- state, sending, timers -------------------------------------------------------------------------------------------

template <class Actor>
decltype(auto) state_of(Actor* self) {
#if CAF_MAJOR_VERSION >= 1
  return (self->state());
#else
  return (self->state);
#endif
}

template <class Self, class Handle, class Message>
void send(const Self& self, const Handle& to, Message message) {
  if (!to)
    return;
#if CAF_MAJOR_VERSION >= 1
  self->mail(std::move(message)).send(to);
#else
  self->send(to, std::move(message));
#endif
}

/// Sends without a sender: nothing can come back.
template <class Handle, class Message>
void anon_send(const Handle& to, Message message) {
  if (!to)
    return;
#if CAF_MAJOR_VERSION >= 1
  caf::anon_mail(std::move(message)).send(to);
#else
  caf::anon_send(to, std::move(message));
#endif
}

/// Sends to itself. Typed handles have no cast from `self` to an interface that both versions know, so that the
/// message is not checked against it.
template <class Self, class Message>
void send_self(Self* self, Message message) {
  anon_send(caf::actor_cast<caf::actor>(self), std::move(message));
}

/// Sends to itself after a delay. There is no cancelling: handlers ignore a tick whose number is not the latest.
template <class Self, class Message>
void send_self_after(Self* self, std::chrono::nanoseconds delay, Message message) {
#if CAF_MAJOR_VERSION >= 1
  // `delay` would reckon from the machine's clock, whatever the system's is.
  caf::anon_mail(std::move(message))
      .schedule(self->clock().now() + delay)
      .send(caf::actor_cast<caf::actor>(self), caf::weak_ref);
#else
  caf::delayed_anon_send(caf::actor_cast<caf::actor>(self), delay, std::move(message));
#endif
}

/// Sends a request; what it returns takes the handlers for the answer and the error.
template <class Self, class Handle, class Deadline, class Message>
auto request(const Self& self, const Handle& to, Deadline deadline, Message message) {
#if CAF_MAJOR_VERSION >= 1
  return self->mail(std::move(message)).request(to, deadline);
#else
  return self->request(to, deadline, std::move(message));
#endif
}

/// Hands a request on: the other actor's reply goes to the requester.
template <class Self, class Handle, class Message>
auto forward_to(Self* self, const Handle& to, Message message) {
#if CAF_MAJOR_VERSION >= 1
  return self->mail(std::move(message)).delegate(to);
#else
  return self->delegate(to, std::move(message));
#endif
}

/// Whether the message that is being handled is a request. An answer to a plain send would be a message to its sender,
/// and an error would end it.
template <class Self>
bool is_request(Self* self) {
  return self->current_mailbox_element()->mid.is_request();
}

/// A promise for a request; an empty one, which says nothing, for a plain send.
template <class Answer, class Self>
caf::typed_response_promise<Answer> promise_to_requester(Self* self) {
  if (is_request(self))
    return self->template make_response_promise<Answer>();
  return {};
}

/// An answer for a request; silence for a plain send.
template <class Self, class T>
caf::result<T> to_requester(Self* self, caf::result<T> answer) {
  if (is_request(self))
    return answer;
  return caf::delegated<T>{};
}

// -- watching and hardening -------------------------------------------------------------------------------------------

/// Calls `on_down(address, reason)` when `handle` has terminated. All calls of one actor give the same function.
template <class Self, class Handle>
void watch(Self* self, const Handle& handle, std::function<void(const caf::actor_addr&, const caf::error&)> on_down) {
#if CAF_MAJOR_VERSION >= 1
  self->monitor(handle, [on_down, address = handle.address()](const caf::error& why) { on_down(address, why); });
#else
  self->set_down_handler([on_down](caf::down_msg& down) { on_down(down.source, down.reason); });
  self->monitor(handle);
#endif
}

/// Whether an element of the mailbox is from `watched`, or says that it has terminated to an actor that watches it. No
/// other process can send either: actions do not leave a process, and the sender is compared by its place in memory.
template <class Handle>
bool is_from(const Handle& watched, const caf::mailbox_element& element) {
#if CAF_MAJOR_VERSION >= 1
  if (element.content().match_elements<caf::action>())
    return true;
#endif
  return element.sender == caf::actor_cast<caf::strong_actor_ptr>(watched);
}

/// What every actor of ours needs: errors and unknown messages neither end it nor print anything; an unknown request
/// is answered with an error, and a plain send with nothing.
template <class Self>
void harden(Self* self) {
#if CAF_MAJOR_VERSION >= 1
  // The setters are deprecated there, but typed behaviours accept no catch-all.
#  pragma GCC diagnostic push
#  pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
#if CAF_MAJOR_VERSION >= 1
  self->set_default_handler([self](caf::scheduled_actor*, caf::message&) -> caf::skippable_result {
#else
  self->set_default_handler([self](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
#endif
    if (!is_request(self))
      return caf::delegated<caf::message>{};
    return caf::make_error(caf::sec::unexpected_message);
  });
#if CAF_MAJOR_VERSION >= 1
#  pragma GCC diagnostic pop
#endif
}

// -- the enqueue gate -------------------------------------------------------------------------------------------------

#if CAF_MAJOR_VERSION >= 1
using scheduler_context = caf::scheduler;
using enqueue_result = bool;
#else
using scheduler_context = caf::execution_unit;
using enqueue_result = void;
#endif

/// What `enqueue` returns when it has dealt with a message itself.
inline enqueue_result taken() {
#if CAF_MAJOR_VERSION >= 1
  return true;
#endif
}

/// Answers a request that did not pass through a mailbox; from any thread.
class reply_to {
public:
  reply_to(caf::strong_actor_ptr self, caf::strong_actor_ptr requester, caf::message_id id)
      : self_{std::move(self)}, requester_{std::move(requester)}, id_{id} {}

  template <class T>
  void operator()(T answer) const {
    if (!requester_)
      return;
#if CAF_MAJOR_VERSION >= 1
    requester_->enqueue(caf::make_mailbox_element(self_, id_.response_id(), std::move(answer)), nullptr);
#else
    requester_->enqueue(self_, id_.response_id(), caf::make_message(std::move(answer)), nullptr);
#endif
  }

private:
  caf::strong_actor_ptr self_;
  caf::strong_actor_ptr requester_;
  caf::message_id id_;
};

// -- errors -----------------------------------------------------------------------------------------------------------

/// The error of ours that `to_caf_error` has made `why` of; nothing if it is one of CAF's.
template <class Errors>
std::optional<error> own_error(const caf::error& why) {
#if CAF_MAJOR_VERSION >= 1
  const bool own = why && why.category() == caf::type_id_v<Errors>;
#else
  const bool own = why && why.category() == caf::atom("sluice");
#endif
  if (!own)
    return std::nullopt;
  error e{static_cast<Errors>(why.code()), "", ""};
  if (const auto& context = why.context(); context.template match_elements<std::string, std::string>()) {
    e.field = context.template get_as<std::string>(0);
    e.message = context.template get_as<std::string>(1);
  }
  return e;
}

/// The words for an error of CAF's.
inline std::string words_of(const caf::error& why) {
#if CAF_MAJOR_VERSION == 0
  if (why.category() == caf::atom("system"))
    return to_string(static_cast<caf::sec>(why.code())) + (why.context().empty() ? "" : to_string(why.context()));
#endif
  return to_string(why);
}

// -- logging ----------------------------------------------------------------------------------------------------------

/// Hands a line to the logger of an actor system, under the component `sluice`. From any thread of the system. By a
/// call, since CAF's macros are empty where CAF was compiled without logging; the logger is there all the same.
inline void log(caf::actor_system& system, unsigned caf_level, std::string line) {
#if CAF_MAJOR_VERSION >= 1
  caf::logger::current_logger(&system);
  caf::logger::log(caf_level, "sluice", "{}", line);
#else
  auto& logger = system.logger();
  const auto component = caf::atom("sluice");
  if (logger.accepts(caf_level, component))
    logger.log({caf_level, __LINE__, component, "sluice", "sluice", "sluice", std::move(line),
                std::this_thread::get_id(), logger.thread_local_aid(), caf::make_timestamp()});
#endif
}

// -- scheduling -------------------------------------------------------------------------------------------------------

/// The work-sharing scheduler with this many threads: it sleeps when there is nothing to do.
template <class Config>
void share_work(Config& config, std::size_t threads) {
#if CAF_MAJOR_VERSION >= 1
  config.set("caf.scheduler.policy", "sharing");
  config.set("caf.scheduler.max-threads", threads);
#else
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", threads);
#endif
}

// -- registration -----------------------------------------------------------------------------------------------------

/// Makes the wire types and the error codes known to a configuration, where those are what knows types (0.17).
template <class Block, class Errors, class Config>
void register_types([[maybe_unused]] Config& config) {
#if CAF_MAJOR_VERSION == 0
  config.template add_message_types<Block>();
  config.add_error_category(caf::atom("sluice"), [](std::uint8_t code, caf::atom_value, const caf::message& context) {
    return to_string(*own_error<Errors>(caf::error{code, caf::atom("sluice"), context}));
  });
#endif
}

/// Makes the types of blocks and of CAF's modules known to the process, where that is what knows them (1.x): before the
/// first configuration is made, so that only a static initialiser is early enough. All may be registered again.
template <class... BlocksAndModules>
bool register_at_start() {
#if CAF_MAJOR_VERSION >= 1
  caf::core::init_global_meta_objects();
  caf::exec_main_init_meta_objects<BlocksAndModules...>();
#endif
  return true;
}

/// Whether a system knows a wire type. On 1.x every system does, unless CAF's tables were emptied.
template <class T>
bool knows([[maybe_unused]] caf::actor_system& system) {
#if CAF_MAJOR_VERSION >= 1
  return caf::query_type_name(caf::type_id_v<T>) == caf::type_name_v<T>;
#else
  return system.config().type_names_by_rtti.contains(std::type_index{typeid(T)});
#endif
}

// -- metrics ----------------------------------------------------------------------------------------------------------

/// Whether an actor system has a registry of metrics. A name there has no `sluice_` in front, and no `_total` behind.
inline constexpr bool has_metrics = CAF_MAJOR_VERSION >= 1;

#if CAF_MAJOR_VERSION >= 1
inline void add_to_counter(caf::actor_system& system, std::string_view name, std::string_view label,
                           std::string_view value, std::string_view help, bool is_total, double more) {
  auto& all = system.metrics();
  if (label.empty())
    all.counter_singleton<double>("sluice", name, help, "1", is_total)->inc(more);
  else
    all.counter_family<double>("sluice", name, {label}, help, "1", is_total)->get_or_add({{label, value}})->inc(more);
}
inline void set_gauge(caf::actor_system& system, std::string_view name, std::string_view label, std::string_view value,
                      std::string_view help, double now) {
  auto& all = system.metrics();
  if (label.empty())
    all.gauge_singleton<double>("sluice", name, help)->value(now);
  else
    all.gauge_family<double>("sluice", name, {label}, help)->get_or_add({{label, value}})->value(now);
}
#else
inline void add_to_counter(caf::actor_system&, std::string_view, std::string_view, std::string_view, std::string_view,
                           bool, double) {}
inline void set_gauge(caf::actor_system&, std::string_view, std::string_view, std::string_view, std::string_view,
                      double) {}
#endif

} // namespace sluice::compat

/// In a block of type ids: a type that never leaves the process. CAF 0.17 is not told the names of such blocks, or a
/// remote peer could send their types; CAF 1.x needs an id for each.
#define SLUICE_LOCAL_TYPE(block, type)                                                                                 \
  CAF_ADD_TYPE_ID(block, (type))                                                                                       \
  CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

/// In a block of wire types: an enumeration that is a member of messages, and one of error codes.
#if CAF_MAJOR_VERSION >= 1
#  define SLUICE_ENUM(block, type)                                                                                     \
    CAF_ADD_TYPE_ID(block, (type))                                                                                     \
    template <>                                                                                                        \
    struct caf::inspector_access<type> : sluice::compat::enum_access<type> {};
#  define SLUICE_ERROR_ENUM(block, type)                                                                               \
    CAF_ERROR_CODE_ENUM(type)                                                                                          \
    SLUICE_ENUM(block, type)
#else
#  define SLUICE_ENUM(block, type)
#  define SLUICE_ERROR_ENUM(block, type) CAF_ERROR_CODE_ENUM(type, "sluice")
#endif
