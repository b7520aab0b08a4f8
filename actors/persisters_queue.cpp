#include "actors/persisters_queue.hpp"

#include <future>
#include <memory>

#include "actors/guarded.hpp"

namespace sluice {

namespace {

// How long the persister may be busy with something else.
constexpr std::chrono::seconds persisters_patience{10};

} // namespace

template <class T, class F>
result<T> persisters_queue::ask(F what) const {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto answered = answer->get_future();
  // The message has the only promise: if the persister goes without handling it, the promise is broken.
  compat::anon_send(whom_(), use_queue{[answer = std::move(answer), what = std::move(what)](queue_admin& queue) {
                      answer->set_value(guarded([&]() -> result<T> { return what(queue); }));
                    }});
  if (answered.wait_for(persisters_patience) != std::future_status::ready)
    return error{errc::store_failed, "", "the store has not answered for 10 s"};
  try {
    return answered.get();
  } catch (const std::future_error&) {
    return error{errc::closed, "", "the queue is not being processed at the moment"};
  }
}

result<store_stats> persisters_queue::stats() {
  return ask<store_stats>([](queue_admin& q) { return q.stats(); });
}

result<std::vector<dead_letter>> persisters_queue::list_dead(const std::string& after, std::size_t limit) {
  return ask<std::vector<dead_letter>>([after, limit](queue_admin& q) { return q.list_dead(after, limit); });
}

result<dead_letter> persisters_queue::show_dead(const std::string& id) {
  return ask<dead_letter>([id](queue_admin& q) { return q.show_dead(id); });
}

result<std::uint64_t> persisters_queue::replay_dead(const std::vector<std::string>& ids) {
  return ask<std::uint64_t>([ids](queue_admin& q) { return q.replay_dead(ids); });
}

result<std::uint64_t> persisters_queue::purge_dead(const std::vector<std::string>& ids) {
  return ask<std::uint64_t>([ids](queue_admin& q) { return q.purge_dead(ids); });
}

result<void> persisters_queue::replace_dead(const std::string& id, const batch_ptr& by) {
  return ask<void>([id, by](queue_admin& q) { return q.replace_dead(id, by); });
}

result<queue_page> persisters_queue::list_batches(const std::string& after, std::size_t limit) {
  return ask<queue_page>([after, limit](queue_admin& q) { return q.list_batches(after, limit); });
}

result<std::uint64_t> persisters_queue::erase_events(const std::vector<erasure>& all) {
  return ask<std::uint64_t>([all](queue_admin& q) { return q.erase_events(all); });
}

result<void> persisters_queue::scrub() {
  return ask<void>([](queue_admin& q) { return q.scrub(); });
}

result<std::vector<queue_note>> persisters_queue::notes(const std::string& prefix) {
  return ask<std::vector<queue_note>>([prefix](queue_admin& q) { return q.notes(prefix); });
}

result<bool> persisters_queue::put_note(const queue_note& note, const std::string& was) {
  return ask<bool>([note, was](queue_admin& q) { return q.put_note(note, was); });
}

result<void> persisters_queue::set_paused(bool paused) {
  return ask<void>([paused](queue_admin& q) { return q.set_paused(paused); });
}

} // namespace sluice
