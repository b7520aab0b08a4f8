#include "fakes/shared_store.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

const error away{errc::store_failed, "", "away"};
// What a sign of life may be late.
constexpr milliseconds grace{1'000};

} // namespace

shared_store::shared_store(std::shared_ptr<shared_queue> queue, std::shared_ptr<unreliable_way> way, std::string token,
                           const options& o, std::function<store_time()> clock)
    : queue_{std::move(queue)}, way_{std::move(way)}, token_{std::move(token)},
      is_shared_{o.queue.is_multi_processor}, clock_{std::move(clock)} {}

work_result shared_store::apply(const unit_of_work& u) {
  auto done = way_->carry([&] { return attempt(u); });
  if (done)
    answered_ = units_;
  else if (done.error().signal == store_signal::went_back)
    answered_ = 0;
  if (done && u.wants_ended)
    way_->note_look(u.partition, clock_());
  return done;
}

work_result shared_store::attempt(const unit_of_work& u) {
  queue_->replicate();
  if (auto why = ensure())
    return *why;
  if (queue_->last_unit_of(token_) < answered_)
    return store_error{{errc::store_failed, "", "the queue is as it was earlier"}, store_signal::went_back};
  reclaim_now_and_then();
  return queue_->apply(token_, ++units_, answered_, u);
}

std::optional<store_error> shared_store::ensure() {
  if (queue_->may_work(token_, session_))
    return std::nullopt;
  const auto answer = queue_->acquire(token_, session_);
  if (!answer.session)
    return answer.taken_by.empty()
               ? error{errc::queue_taken, "", "was processed by another while this one gave no sign of life"}
               : watch(answer.taken_by, answer.for_now);
  session_ = *answer.session;
  watched_.reset();
  queue_->reclaim(token_);
  return std::nullopt;
}

// An owner whose sign of life is renewed lives; one whose is not has ended, or shows after a failover only.
store_error shared_store::watch(const std::string& whose, milliseconds for_now) {
  const auto now = clock_();
  const auto expires = now + for_now;
  if (!watched_ || watched_->whose != whose)
    watched_ = sighting{whose, expires, expires + grace};
  if (expires > watched_->expires || now >= watched_->over)
    return error{errc::queue_taken, "", "is processed by " + whose};
  return {{errc::store_failed, "", "was processed by " + whose + ", which may have ended"}, store_signal::watched};
}

void shared_store::reclaim_now_and_then() {
  if (!is_shared_ || clock_() < next_reclaim_)
    return;
  next_reclaim_ = clock_() + poll_interval();
  queue_->reclaim(token_);
}

void shared_store::leave() {
  if (!way_->is_cut() && queue_->may_work(token_, session_))
    queue_->leave(token_);
}

result<std::vector<dead_letter>> shared_store::list_dead(const std::string& after, std::size_t limit) {
  if (way_->is_cut())
    return away;
  return queue_->list_dead(after, limit);
}

result<dead_letter> shared_store::show_dead(const std::string& id) {
  if (way_->is_cut())
    return away;
  for (auto& d : queue_->list_dead("", SIZE_MAX))
    if (d.id == id)
      return std::move(d);
  return error{errc::unknown_batch, "id", "no dead letter has the id " + id};
}

result<std::uint64_t> shared_store::replay_dead(const std::vector<std::string>& ids) {
  if (way_->is_cut())
    return away;
  return queue_->replay_dead(ids);
}

result<std::uint64_t> shared_store::purge_dead(const std::vector<std::string>& ids) {
  if (way_->is_cut())
    return away;
  return queue_->purge_dead(ids);
}

// No simulated operator does these.
const error not_simulated{errc::unsupported, "", "the simulated queue cannot do this"};

result<void> shared_store::replace_dead(const std::string&, const batch_ptr&) {
  return not_simulated;
}

result<queue_page> shared_store::list_batches(const std::string&, std::size_t) {
  return not_simulated;
}

result<std::uint64_t> shared_store::erase_events(const std::vector<erasure>&) {
  return not_simulated;
}

result<std::vector<queue_note>> shared_store::notes(const std::string&) {
  return not_simulated;
}

result<bool> shared_store::put_note(const queue_note&, const std::string&) {
  return not_simulated;
}

result<void> shared_store::set_paused(bool paused) {
  if (way_->is_cut())
    return away;
  queue_->set_paused(paused);
  return {};
}

} // namespace sluice::test
