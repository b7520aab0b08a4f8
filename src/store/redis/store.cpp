#include "store/redis/store.hpp"

#include <algorithm>
#include <utility>

#include "store/unsettled.hpp"

namespace sluice {

namespace {

constexpr milliseconds poll{1'000};

// What is left of a unit of work for a process that only enqueues.
unit_of_work enqueues_of(unit_of_work work) {
  work.settlements.clear();
  work.fingerprint.reset();
  work.pause.reset();
  work.health.reset();
  work.slots = 0;
  return work;
}

} // namespace

redis_store::redis_store(const redis_options& where, const options& o, std::string fingerprint)
    : settings_{o}, connect_limit_{where.connect}, call_limit_{where.connect + where.command}, keys_{o.queue},
      connection_{std::make_shared<redis_connection>(where, keys_.ctl(), o.log)},
      owner_{*connection_, keys_, settings_, std::move(fingerprint)}, admin_{connection_, o.queue, &owner_} {}

milliseconds redis_store::poll_interval() {
  if (!shared())
    return poll;
  return milliseconds{std::uniform_int_distribution<milliseconds::rep>{poll.count() * 8 / 10, poll.count()}(random_)};
}

result<store_stats> redis_store::stats() {
  const redis_connection::time_limit limit{*connection_, call_limit_};
  if (auto ours = owner_.ensure(); !ours) // a queue that is new is made by that
    return ours.error();
  return admin_.stats();
}

void redis_store::leave() {
  // It is not worth a long wait: what does not arrive is over after owner_ttl.
  const redis_connection::time_limit limit{*connection_, connect_limit_};
  owner_.leave(incarnation_);
}

work_result redis_store::apply(const unit_of_work& work) {
  if (!settings_.queue.enqueue_only)
    return apply_whole(work);
  auto done = apply_whole(enqueues_of(work));
  if (done)
    done->settled = unsettled(work.settlements);
  return done;
}

work_result redis_store::apply_whole(const unit_of_work& work) {
  const redis_connection::time_limit limit{*connection_, call_limit_};
  if (std::exchange(incarnation_, work.incarnation) != work.incarnation)
    answered_ = 0;
  for (bool again = true;; again = false) {
    if (auto ours = owner_.ensure(); !ours)
      return ours.error();
    if (auto done = reclaim_now_and_then(); !done) {
      owner_.doubt(); // its session may be over
      if (again)
        continue;
      return done.error();
    }
    if (work.fingerprint)
      owner_.redirecting(*work.fingerprint);
    redis_unit unit{work, keys_, settings_, owner_.credentials(), {.own = ++units_, .answered = answered_}};
    unit.add_to(*connection_);
    const auto answers = connection_->run();
    if (!answers)
      return answers.error();
    auto done = unit.read(*answers);
    if (done)
      done = complete(unit, work.slots, std::move(*done));
    if (done) {
      answered_ = units_;
      done->buried = owner_.take_buried();
      if (work.fingerprint)
        owner_.redirected();
      return *done;
    }
    if (unit.trouble() == redis_trouble::went_back) {
      answered_ = 0; // said once; the next unit is the first that the queue hears of
      return store_error{done.error(), store_signal::went_back};
    }
    if (!mended(unit.trouble()) || !again || unit.has_begun())
      return done.error();
  }
}

// Whether the unit may be sent again at once.
bool redis_store::mended(redis_trouble trouble) {
  switch (trouble) {
  case redis_trouble::no_script:
    return connection_->load_scripts().has_value();
  case redis_trouble::not_owner:
    owner_.doubt();
    return true;
  case redis_trouble::not_writable:
  case redis_trouble::wrong_server:
    return connection_->leave_server();
  case redis_trouble::passing:
  case redis_trouble::memory_full:
  case redis_trouble::not_permitted:
  case redis_trouble::wrong_type:
  case redis_trouble::went_back:
    break;
  }
  return false;
}

result<void> redis_store::reclaim_now_and_then() {
  const auto now = std::chrono::steady_clock::now();
  if (!shared() || now < next_reclaim_)
    return {};
  next_reclaim_ = now + poll;
  return owner_.reclaim();
}

result<work_done> redis_store::complete(redis_unit& unit, std::size_t slots, work_done done) {
  if (unit.is_ungranted())
    if (auto again = claim_again(unit, slots, done); !again)
      return again.error();
  // The next oldest take the slots of those whose payloads are missing. Where many are, not all go in one call.
  constexpr int rounds = 3;
  for (int round = 1;; ++round) {
    const auto bodiless = fetch_bodies(done);
    if (!bodiless)
      return bodiless.error();
    if (bodiless->empty())
      break;
    if (auto dead = bury_bodiless(unit, *bodiless); !dead)
      return dead.error();
    if (auto again = claim_again(unit, round < rounds ? bodiless->size() : 0, done); !again)
      return again.error();
  }
  if (!unit.without_room().empty()) // of no use to anybody as they are
    if (auto kept = settle_all(unit, "no_room", unit.without_room()); !kept)
      return kept.error();
  if (done.purged_events != 0)
    (void)owner_.remove_garbage(); // what fails is done when the next session begins
  return done;
}

result<void> redis_store::claim_again(redis_unit& unit, std::size_t slots, work_done& done) {
  unit.add_claim_again(*connection_, slots);
  const auto answers = connection_->run();
  if (!answers)
    return answers.error();
  auto granted = unit.read_claim_again(*answers, std::move(done));
  if (!granted)
    return granted.error();
  done = std::move(*granted);
  return {};
}

result<redis_reply> redis_store::settle_all(redis_unit& unit, std::string_view how, const std::vector<lease>& leases) {
  unit.add_settle_all(*connection_, how, leases);
  auto answers = connection_->run();
  if (!answers)
    return answers.error();
  const auto answer = answers->front().value();
  if (answer.is_error())
    return to_error(classify_redis_error(answer.text()), answer.text());
  return std::move(answers->front());
}

// Batches that this process has not just stored are read back, all in one round trip. Gives those that have none, which
// are granted no more.
result<std::vector<leased_batch>> redis_store::fetch_bodies(work_done& done) {
  std::vector<leased_batch*> unread;
  for (auto& b : done.granted)
    if (!b.content->payload) {
      unread.push_back(&b);
      connection_->add({"GET", keys_.body(b.content->id)});
    }
  std::vector<leased_batch> bodiless;
  if (unread.empty())
    return bodiless;
  const auto bodies = connection_->run();
  if (!bodies)
    return bodies.error();
  for (std::size_t i = 0; i < unread.size(); ++i) {
    auto& b = *unread[i];
    const auto body = (*bodies)[i].value();
    if (body.is_error())
      return to_error(classify_redis_error(body.text()), body.text());
    if (body.text().empty()) {
      bodiless.push_back(b);
      continue;
    }
    b.content = std::make_shared<const batch>(batch{
        .id = b.content->id, .events = b.content->events, .payload = std::make_shared<const std::string>(body.text())});
  }
  std::erase_if(done.granted, [](const leased_batch& b) { return !b.content->payload; });
  return bodiless;
}

// Nothing could deliver them any more, nor the next ones that have no payload either.
result<void> redis_store::bury_bodiless(redis_unit& unit, const std::vector<leased_batch>& batches) {
  std::vector<lease> leases;
  leases.reserve(batches.size());
  for (const auto& b : batches)
    leases.push_back({b.content->id, b.fence});
  const auto reply = settle_all(unit, "bodiless", leases);
  if (!reply)
    return reply.error();
  const auto outcomes = reply->value();
  if (outcomes.size() != batches.size() + 1)
    return answer_not_understood();
  for (std::size_t i = 0; i < batches.size(); ++i)
    if (outcomes[i + 1].text() == "applied")
      owner_.note_buried({.id = batches[i].content->id,
                          .events = batches[i].content->events,
                          .why = {.status = 0, .reason = "body_missing"}});
  const auto next = connection_->first_members(keys_.ready());
  if (!next)
    return next.error();
  const std::vector<std::string_view> ids{next->begin(), next->end()};
  auto arguments = unit.credentials();
  arguments.insert(arguments.end(), ids.begin(), ids.end());
  const auto buried = connection_->run_one(redis_script::bury_bodiless, keys_, arguments, ids);
  if (!buried)
    return buried.error();
  return owner_.note_buried(buried->value()) ? result<void>{} : answer_not_understood();
}

} // namespace sluice
