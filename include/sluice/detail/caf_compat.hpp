#pragma once

/// The only file that names what differs between CAF 0.17.6 and CAF 1.x. Not part of the public interface.

#include <caf/config.hpp>

#if CAF_MAJOR_VERSION == 0 && CAF_MINOR_VERSION != 17
#  error "sluice needs CAF 0.17.6 or CAF 1.x"
#endif

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "sluice/error.hpp"

#if CAF_MAJOR_VERSION >= 1
// The setters for error and default handlers are deprecated there, but typed behaviours accept no catch-all.
#  pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#  include <caf/init_global_meta_objects.hpp>
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
void send(Self* self, const Handle& to, Message message) {
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
  caf::anon_mail(std::move(message)).delay(delay).send(caf::actor_cast<caf::actor>(self), caf::weak_ref);
#else
  caf::delayed_anon_send(caf::actor_cast<caf::actor>(self), delay, std::move(message));
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

/// Fulfils a promise, unless it was made for a plain send, which expects no answer.
template <class Promise, class Answer>
void answer(Promise& promise, Answer value) {
#if CAF_MAJOR_VERSION >= 1
  const bool asynchronous = promise.async();
#else
  const bool asynchronous = static_cast<caf::response_promise&>(promise).async();
#endif
  if (!asynchronous)
    promise.deliver(std::move(value));
}

/// Whether the message that is being handled is a request. An answer to a plain send would be a message to its sender,
/// and an error would end it.
template <class Self>
bool is_request(Self* self) {
  return self->current_mailbox_element()->mid.is_request();
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

/// What every actor of ours needs: errors and unknown messages neither end it nor print anything; an unknown request
/// is answered with an error, and a plain send with nothing.
template <class Self>
void harden(Self* self) {
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
    if (requester_)
      requester_->enqueue(self_, id_.response_id(), caf::make_message(std::move(answer)), nullptr);
  }

private:
  caf::strong_actor_ptr self_;
  caf::strong_actor_ptr requester_;
  caf::message_id id_;
};

// -- errors -----------------------------------------------------------------------------------------------------------

template <class System>
std::string render([[maybe_unused]] const System& system, const caf::error& why) {
#if CAF_MAJOR_VERSION >= 1
  return to_string(why);
#else
  return system.render(why);
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

// -- configuration ----------------------------------------------------------------------------------------------------

/// Makes the wire types and the error codes known to a configuration (0.17).
template <class Block, class Errors, class Config>
void register_types([[maybe_unused]] Config& config) {
#if CAF_MAJOR_VERSION == 0
  config.template add_message_types<Block>();
  config.add_error_category(caf::atom("sluice"), [](std::uint8_t code, caf::atom_value, const caf::message& context) {
    std::string text{to_string(static_cast<Errors>(code))};
    if (context.template match_elements<std::string, std::string>())
      text =
          to_string(error{static_cast<Errors>(code), context.get_as<std::string>(0), context.get_as<std::string>(1)});
    return text;
  });
#endif
}

} // namespace sluice::compat

// -- registration -----------------------------------------------------------------------------------------------------

// Local types never leave the process. CAF 0.17 must not know their names, or a remote peer could send them; CAF 1.x
// needs an id for each.
#if CAF_MAJOR_VERSION >= 1
#  define SLUICE_ERROR_ENUM(type) CAF_ERROR_CODE_ENUM(type)
#  define SLUICE_BEGIN_LOCAL_TYPES() CAF_BEGIN_TYPE_ID_BLOCK(sluice_local, caf::first_custom_type_id + 2200)
#  define SLUICE_LOCAL_TYPE(type)                                                                                      \
    CAF_ADD_TYPE_ID(sluice_local, (type))                                                                              \
    CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#  define SLUICE_END_LOCAL_TYPES() CAF_END_TYPE_ID_BLOCK(sluice_local)
// An initialiser that makes the types known to the process: `sluice::configure` comes too late.
#  define SLUICE_REGISTERED_AT_START                                                                                   \
    (caf::init_global_meta_objects<caf::id_block::sluice>(),                                                           \
     caf::init_global_meta_objects<caf::id_block::sluice_local>(), true)
#else
#  define SLUICE_ERROR_ENUM(type) CAF_ERROR_CODE_ENUM(type, "sluice")
#  define SLUICE_BEGIN_LOCAL_TYPES()
#  define SLUICE_LOCAL_TYPE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#  define SLUICE_END_LOCAL_TYPES()
#  define SLUICE_REGISTERED_AT_START true
#endif
