#include "store/redis/partition.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

namespace {

constexpr std::chrono::seconds time_between_reclaims{1};

} // namespace

redis_partition::redis_partition(std::shared_ptr<redis_connection> connection, const options& o, redis_claimant who)
    : settings_{o}, keys_{o.queue, who.partition}, connection_{std::move(connection)}, owner_{*connection_, keys_,
                                                                                              settings_, who},
      admin_{std::make_shared<redis_queue>(connection_, o.queue, who.partition, &owner_)} {}

void redis_partition::begin(const unit_of_work& work) {
  work_ = &work;
  if (std::exchange(incarnation_, work.incarnation) != work.incarnation)
    answered_ = 0;
  scripts_ = connection_->times_loaded();
  const auto now = std::chrono::steady_clock::now();
  reclaims_ = settings_.queue.is_multi_processor && !settings_.queue.enqueue_only && now >= next_reclaim_;
  if (reclaims_)
    owner_.add_reclaim();
  if (work.fingerprint)
    owner_.redirecting(*work.fingerprint);
  unit_.emplace(work, keys_, settings_, owner_.credentials(),
                redis_unit::numbers{.own = ++units_, .answered = answered_});
  unit_->add_to(*connection_);
}

redis_owner::outcome redis_partition::read(std::vector<redis_reply> answers, const redis_reply* waited) {
  unread_.clear();
  bool is_reclaimed = true;
  if (reclaims_) {
    next_reclaim_ = std::chrono::steady_clock::now() + time_between_reclaims;
    const auto more = owner_.read_reclaim(answers.front().value());
    is_reclaimed = more.has_value();
    if (more && *more)
      next_reclaim_ = {};
    answers.erase(answers.begin());
  }
  auto done = unit_->read(answers, waited);
  if (!is_reclaimed)
    owner_.doubt(); // its session may be over; the next one begins with that
  if (!done)
    return failed(done.error());
  done_ = std::move(*done);
  if (unit_->is_ungranted())
    if (auto again = claim_again(work_->slots); !again)
      return failed(again.error());
  note_unread();
  return {};
}

void redis_partition::ask_for_bodies() {
  for (const auto* b : unread_)
    connection_->add({"GET", keys_.body(b->content->id)});
}

work_result redis_partition::finish(const std::vector<redis_reply>& bodies) {
  if (auto done = complete(bodies); !done)
    return failed(done.error());
  answered_ = units_;
  done_.buried = owner_.take_buried();
  if (work_->fingerprint)
    owner_.redirected();
  return std::move(done_);
}

store_error redis_partition::failed(error why) {
  if (unit_->trouble() != redis_trouble::went_back)
    return why;
  answered_ = 0; // said once; the next unit is the first that the queue hears of
  return {std::move(why), store_signal::went_back};
}

bool redis_partition::mend() {
  if (!unit_)
    return false;
  bool is_mended = false;
  switch (unit_->trouble()) {
  case redis_trouble::no_script: // perhaps another partition has met the same
    is_mended = connection_->times_loaded() != scripts_ || connection_->load_scripts().has_value();
    break;
  case redis_trouble::not_owner:
    owner_.doubt();
    is_mended = true;
    break;
  case redis_trouble::not_writable:
  case redis_trouble::wrong_server:
    is_mended = connection_->leave_server();
    break;
  case redis_trouble::passing:
  case redis_trouble::memory_full:
  case redis_trouble::not_permitted:
  case redis_trouble::wrong_type:
  case redis_trouble::went_back:
    break;
  }
  return is_mended && !unit_->has_begun();
}

void redis_partition::note_unread() {
  for (auto& b : done_.granted)
    if (!b.content->payload)
      unread_.push_back(&b);
}

result<void> redis_partition::complete(const std::vector<redis_reply>& bodies) {
  // The next oldest take the slots of those whose payloads are missing. Where many are, not all go in one call.
  constexpr int rounds = 3;
  auto bodiless = take_bodies(bodies);
  for (int round = 1; bodiless && !bodiless->empty(); ++round) {
    if (auto dead = bury_bodiless(*bodiless); !dead)
      return dead.error();
    if (auto again = claim_again(round < rounds ? bodiless->size() : 0); !again)
      return again.error();
    note_unread();
    if (!wants_bodies())
      break;
    ask_for_bodies();
    const auto next = connection_->run();
    bodiless = next ? take_bodies(*next) : next.error();
  }
  if (!bodiless)
    return bodiless.error();
  if (!unit_->without_room().empty()) // of no use to anybody as they are
    if (auto kept = settle_all("no_room", unit_->without_room()); !kept)
      return kept.error();
  if (done_.purged_events != 0)
    (void)owner_.remove_garbage(); // what fails is done when the next session begins
  return {};
}

result<void> redis_partition::claim_again(std::size_t slots) {
  unit_->add_claim_again(*connection_, slots);
  const auto answers = connection_->run();
  if (!answers)
    return answers.error();
  auto granted = unit_->read_claim_again(*answers, std::move(done_));
  if (!granted)
    return granted.error();
  done_ = std::move(*granted);
  return {};
}

result<redis_reply> redis_partition::settle_all(std::string_view how, const std::vector<lease>& leases) {
  unit_->add_settle_all(*connection_, how, leases);
  auto answers = connection_->run();
  if (!answers)
    return answers.error();
  const auto answer = answers->front().value();
  if (answer.is_error())
    return to_error(classify_redis_error(answer.text()), answer.text());
  return std::move(answers->front());
}

// Gives those that have none, which are granted no more.
result<std::vector<leased_batch>> redis_partition::take_bodies(const std::vector<redis_reply>& bodies) {
  std::vector<leased_batch> bodiless;
  const auto unread = std::exchange(unread_, {});
  for (std::size_t i = 0; i < unread.size(); ++i) {
    auto& b = *unread[i];
    const auto body = bodies[i].value();
    if (body.is_error())
      return to_error(classify_redis_error(body.text()), body.text());
    if (body.text().empty()) {
      bodiless.push_back(b);
      continue;
    }
    b.content = std::make_shared<const batch>(batch{
        .id = b.content->id, .events = b.content->events, .payload = std::make_shared<const std::string>(body.text())});
  }
  std::erase_if(done_.granted, [](const leased_batch& b) { return !b.content->payload; });
  return bodiless;
}

// Nothing could deliver them any more, nor the next ones that have no payload either.
result<void> redis_partition::bury_bodiless(const std::vector<leased_batch>& batches) {
  std::vector<lease> leases;
  leases.reserve(batches.size());
  for (const auto& b : batches)
    leases.push_back({b.content->id, b.fence});
  const auto reply = settle_all("bodiless", leases);
  if (!reply)
    return reply.error();
  const auto answer = reply->value();
  if (answer.size() != 1 || answer[0].size() != batches.size() + 1)
    return answer_not_understood();
  const auto outcomes = answer[0];
  for (std::size_t i = 0; i < batches.size(); ++i)
    if (outcomes[i + 1].text() == "applied")
      owner_.note_buried({.id = batches[i].content->id,
                          .events = batches[i].content->events,
                          .why = {.status = 0, .reason = "body_missing"}});
  const auto next = std::move(connection_->first_members({keys_.ready()}).front());
  if (!next)
    return next.error();
  const std::vector<std::string_view> ids{next->begin(), next->end()};
  auto arguments = unit_->credentials();
  arguments.insert(arguments.end(), ids.begin(), ids.end());
  const auto buried = connection_->run_one(redis_script::bury_bodiless, keys_, arguments, ids);
  if (!buried)
    return buried.error();
  return owner_.note_buried(buried->value()) ? result<void>{} : answer_not_understood();
}

} // namespace sluice
