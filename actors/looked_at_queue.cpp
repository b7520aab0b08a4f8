#include "actors/looked_at_queue.hpp"

#include <algorithm>

#include "actors/guarded.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

using std::chrono::steady_clock;

// How long Redis may take to connect, and then to answer: whoever asks waits for it, and so does the end of the system.
constexpr milliseconds patience{500};
constexpr std::chrono::seconds pause_after_failure{1};

options with_patience(options o) {
  o.redis.connect = std::min(o.redis.connect, patience);
  o.redis.command = std::min(o.redis.command, patience);
  return o;
}

} // namespace

looked_at_queue::looked_at_queue(options settings) : settings_{with_patience(std::move(settings))} {}

template <class T, class F>
result<T> looked_at_queue::ask(F what) {
  if (steady_clock::now() < ask_again_)
    return no_answer_;
  auto answer = guarded([&]() -> result<T> {
    if (!queue_) {
      auto made = make_queue_admin(settings_);
      if (!made)
        return made.error();
      queue_ = std::move(*made);
    }
    return what(*queue_);
  });
  if (!answer && answer.error().code == errc::store_failed) {
    no_answer_ = answer.error();
    ask_again_ = steady_clock::now() + pause_after_failure;
  }
  return answer;
}

result<store_stats> looked_at_queue::stats() {
  return ask<store_stats>([](queue_admin& q) { return q.stats(); });
}

result<std::vector<dead_letter>> looked_at_queue::list_dead(const std::string& after, std::size_t limit) {
  return ask<std::vector<dead_letter>>([&](queue_admin& q) { return q.list_dead(after, limit); });
}

result<dead_letter> looked_at_queue::show_dead(const std::string& id) {
  return ask<dead_letter>([&](queue_admin& q) { return q.show_dead(id); });
}

result<std::uint64_t> looked_at_queue::replay_dead(const std::vector<std::string>& ids) {
  return ask<std::uint64_t>([&](queue_admin& q) { return q.replay_dead(ids); });
}

result<std::uint64_t> looked_at_queue::purge_dead(const std::vector<std::string>& ids) {
  return ask<std::uint64_t>([&](queue_admin& q) { return q.purge_dead(ids); });
}

result<void> looked_at_queue::replace_dead(const std::string& id, const batch_ptr& by) {
  return ask<void>([&](queue_admin& q) { return q.replace_dead(id, by); });
}

result<queue_page> looked_at_queue::list_batches(const std::string& after, std::size_t limit) {
  return ask<queue_page>([&](queue_admin& q) { return q.list_batches(after, limit); });
}

result<std::uint64_t> looked_at_queue::erase_events(const std::vector<erasure>& all) {
  return ask<std::uint64_t>([&](queue_admin& q) { return q.erase_events(all); });
}

result<void> looked_at_queue::scrub() {
  return ask<void>([](queue_admin& q) { return q.scrub(); });
}

result<std::vector<queue_note>> looked_at_queue::notes(const std::string& prefix) {
  return ask<std::vector<queue_note>>([&](queue_admin& q) { return q.notes(prefix); });
}

result<bool> looked_at_queue::put_note(const queue_note& note, const std::string& was) {
  return ask<bool>([&](queue_admin& q) { return q.put_note(note, was); });
}

result<void> looked_at_queue::set_paused(bool paused) {
  return ask<void>([&](queue_admin& q) { return q.set_paused(paused); });
}

} // namespace sluice
