#include "store/redis/store.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/persistence/partition.hpp"
#include "store/redis/connect_partitions.hpp"
#include "store/redis/safety.hpp"
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

std::vector<std::unique_ptr<redis_partition>> make_partitions(const redis_options& where, const options& o,
                                                              const std::string& fingerprint,
                                                              const std::shared_ptr<redis_absent_servers>& absent) {
  std::vector<std::unique_ptr<redis_partition>> all;
  const auto token = owner_token::make();
  for (auto& connection :
       connect_partitions(connect_partition(where, o, 0, absent), where, o, o.queue.partitions, absent))
    all.push_back(std::make_unique<redis_partition>(
        std::move(connection), o, redis_claimant{.partition = all.size(), .token = token, .fingerprint = fingerprint}));
  return all;
}

std::vector<std::shared_ptr<queue_admin>> admins_of(const std::vector<std::unique_ptr<redis_partition>>& partitions) {
  std::vector<std::shared_ptr<queue_admin>> all;
  all.reserve(partitions.size());
  for (const auto& p : partitions)
    all.push_back(p->admin());
  return all;
}

} // namespace

struct redis_store::job {
  redis_partition* to;
  const unit_of_work* work = nullptr;
  /// Of the unit.
  work_result result{};
  std::size_t commands = 0;
  std::vector<redis_reply> answers{};

  void fail(store_error why) {
    to->give_up();
    result = std::move(why);
  }
};

struct redis_store::link {
  redis_connection* connection;
  std::vector<job*> jobs{};
  /// The answer to the wait behind all of them.
  std::optional<redis_reply> waited{};

  void drop_failed() {
    std::erase_if(jobs, [](const job* j) { return !j->result; });
  }

  // Makes sure of their owners.
  void ensure() {
    std::vector<redis_owner*> owners;
    owners.reserve(jobs.size());
    for (const auto* j : jobs)
      owners.push_back(&j->to->owner());
    const auto outcomes = redis_owner::ensure_all(*connection, owners);
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (!outcomes[i])
        jobs[i]->fail(outcomes[i].error());
    drop_failed();
  }

  // What each gathers is its own, in their order.
  template <class Gather>
  void gather(const Gather& one) {
    for (auto* j : jobs) {
      const auto before = connection->gathered();
      one(*j);
      j->commands = connection->gathered() - before;
    }
  }

  void send() {
    if (jobs.empty())
      return;
    if (const auto sent = connection->send(); !sent)
      for (auto* j : std::exchange(jobs, {}))
        j->fail(sent.error());
  }

  // Gives each its answers. If the connection fails, so do those that have none yet.
  void receive() {
    for (auto* j : jobs) {
      auto answers = connection->receive(j->commands);
      if (answers)
        j->answers = std::move(*answers);
      else
        j->fail(answers.error());
    }
    drop_failed();
  }

  bool waits() const {
    return std::any_of(jobs.begin(), jobs.end(), [](const job* j) { return j->to->waits(); });
  }
  void receive_wait() {
    auto answers = connection->receive(1);
    if (answers) {
      waited = std::move(answers->front());
      return;
    }
    for (auto* j : jobs)
      if (j->to->waits())
        j->fail(answers.error());
    drop_failed();
  }
};

// While it lives, whatever the connections do ends in time, or fails.
class redis_store::time_limits {
public:
  time_limits(const std::vector<std::unique_ptr<redis_partition>>& partitions, milliseconds limit) {
    std::set<redis_connection*> limited;
    for (const auto& p : partitions)
      if (limited.insert(&p->connection()).second)
        limits_.emplace_back(p->connection(), limit);
  }

private:
  std::deque<redis_connection::time_limit> limits_;
};

redis_store::redis_store(const redis_options& where, const options& o, const std::string& fingerprint)
    : settings_{share_of_partition(o)}, connect_limit_{where.connect}, call_limit_{where.connect + where.command},
      absent_{is_cluster(where) ? std::make_shared<redis_absent_servers>() : nullptr},
      partitions_{make_partitions(where, settings_, fingerprint, absent_)}, admin_{admins_of(partitions_)} {}

milliseconds redis_store::poll_interval() {
  if (!shared())
    return poll;
  return milliseconds{std::uniform_int_distribution<milliseconds::rep>{poll.count() * 8 / 10, poll.count()}(random_)};
}

void redis_store::end_by(std::chrono::steady_clock::time_point t) noexcept {
  for (const auto& p : partitions_)
    p->connection().end_by(t);
}

result<store_stats> redis_store::stats() {
  const time_limits limits{partitions_, call_limit_};
  forget_absent();
  if (auto ours = ensure_first(); !ours) // a queue that is new is made by that
    return ours.error();
  return admin_.stats();
}

result<std::vector<queue_note>> redis_store::notes(const std::string& prefix) {
  const time_limits limits{partitions_, call_limit_};
  forget_absent();
  return admin_.notes(prefix);
}

result<bool> redis_store::put_note(const queue_note& note, const std::string& was) {
  const time_limits limits{partitions_, call_limit_};
  forget_absent();
  if (auto ours = ensure_first(); !ours)
    return ours.error();
  return admin_.put_note(note, was);
}

result<void> redis_store::set_paused(bool paused) {
  const time_limits limits{partitions_, call_limit_};
  forget_absent();
  if (auto ours = ensure_first(); !ours)
    return ours.error();
  return admin_.set_paused(paused);
}

void redis_store::leave() {
  // It is not worth a long wait: what does not arrive is over after owner_ttl.
  const time_limits limits{partitions_, connect_limit_};
  forget_absent();
  std::deque<job> jobs;
  for (const auto& p : partitions_)
    jobs.push_back({.to = p.get()});
  auto links = links_of(jobs);
  for (auto& l : links) {
    const bool is_open = l.connection->is_open() && l.connection->open();
    std::erase_if(l.jobs, [&](const job* j) { return !is_open || !j->to->owner().is_owned(); });
    l.gather([](job& j) { j.to->add_leave(); });
    l.send();
  }
  for (auto& l : links)
    l.receive();
  for (auto& l : links)
    for (auto* j : l.jobs)
      j->to->read_leave(j->answers.front().value());
}

work_result redis_store::apply(const unit_of_work& work) {
  return std::move(apply_units({&work}).front());
}

std::vector<work_result> redis_store::apply_all(const std::vector<unit_of_work>& units) {
  std::vector<const unit_of_work*> all;
  all.reserve(units.size());
  for (const auto& u : units)
    all.push_back(&u);
  return apply_units(all);
}

std::vector<work_result> redis_store::apply_units(const std::vector<const unit_of_work*>& units) {
  if (!settings_.queue.enqueue_only)
    return apply_whole(units);
  std::deque<unit_of_work> enqueues;
  std::vector<const unit_of_work*> all;
  all.reserve(units.size());
  for (const auto* u : units)
    all.push_back(&enqueues.emplace_back(enqueues_of(*u)));
  auto results = apply_whole(all);
  for (std::size_t i = 0; i < units.size(); ++i)
    if (results[i])
      results[i]->settled = unsettled(units[i]->settlements);
  return results;
}

std::vector<work_result> redis_store::apply_whole(const std::vector<const unit_of_work*>& units) {
  const time_limits limits{partitions_, call_limit_};
  forget_absent();
  std::deque<job> jobs;
  for (const auto* u : units)
    jobs.push_back({.to = partitions_.at(u->partition).get(), .work = u});
  const auto known = is_known_ ? redis_owner::outcome{} : ensure_first();
  if (known)
    apply_jobs(jobs);
  else
    for (auto& j : jobs)
      j.fail(known.error());
  std::vector<work_result> results;
  results.reserve(jobs.size());
  for (auto& j : jobs)
    results.push_back(std::move(j.result));
  return results;
}

void redis_store::apply_jobs(std::deque<job>& jobs) {
  try_once(links_of(jobs));
  std::deque<job> again;
  std::vector<job*> failed;
  for (auto& j : jobs)
    if (!j.result && j.to->mend()) {
      again.push_back({.to = j.to, .work = j.work});
      failed.push_back(&j);
    }
  try_once(links_of(again));
  for (std::size_t i = 0; i < again.size(); ++i) {
    if (!again[i].result)
      (void)again[i].to->mend();
    failed[i]->result = std::move(again[i].result);
  }
}

// What is ready does not wait for what may be away.
void redis_store::try_once(std::vector<link> links) {
  std::vector<link> ready, others;
  for (auto& l : links) {
    const bool is_ready = l.connection->is_still_open() && std::all_of(l.jobs.begin(), l.jobs.end(), [](const job* j) {
                            return j->to->owner().is_sure();
                          });
    (is_ready ? ready : others).push_back(std::move(l));
  }
  apply_together(ready);
  for (auto& l : others)
    l.ensure();
  apply_together(others);
}

// Everything is sent before anything is received, and every answer is received before a partition goes on by itself.
void redis_store::apply_together(std::vector<link>& links) {
  for (auto& l : links) {
    l.gather([](job& j) { j.to->begin(*j.work); });
    if (l.waits())
      add_wait(*l.connection, settings_.redis);
    l.send();
  }
  for (auto& l : links) {
    l.receive();
    if (l.waits())
      l.receive_wait();
  }
  for (auto& l : links)
    for (auto* j : l.jobs)
      if (auto done = j->to->read(std::move(j->answers), l.waited ? &*l.waited : nullptr); !done)
        j->result = done.error();
  fetch_bodies(links);
  for (auto& l : links)
    for (auto* j : l.jobs)
      j->result = j->to->finish(j->answers);
}

void redis_store::fetch_bodies(std::vector<link>& links) {
  std::vector<link> fetching;
  for (auto& l : links) {
    l.drop_failed();
    auto& f = fetching.emplace_back(link{.connection = l.connection});
    for (auto* j : l.jobs) {
      j->answers.clear();
      if (j->to->wants_bodies())
        f.jobs.push_back(j);
    }
    f.gather([](job& j) { j.to->ask_for_bodies(); });
    f.send();
  }
  for (auto& f : fetching)
    f.receive();
  for (auto& l : links)
    l.drop_failed();
}

redis_owner::outcome redis_store::ensure_first() {
  auto& first = *partitions_.front();
  auto ours = redis_owner::ensure_all(first.connection(), {&first.owner()}).front();
  is_known_ = is_known_ || ours;
  return ours;
}

void redis_store::forget_absent() noexcept {
  if (absent_)
    absent_->forget();
}

std::vector<redis_store::link> redis_store::links_of(std::deque<job>& jobs) {
  std::vector<link> links;
  std::map<redis_connection*, std::size_t> places;
  for (auto& j : jobs) {
    const auto [place, is_new] = places.emplace(&j.to->connection(), links.size());
    if (is_new)
      links.push_back({.connection = place->first});
    links[place->second].jobs.push_back(&j);
  }
  return links;
}

redis_admin::redis_admin(const redis_options& where, const options& o) : where_{where}, settings_{o} {}

result<void> redis_admin::open() {
  if (partitions_)
    return {};
  const auto first = connect_partition(where_, settings_);
  const auto count = count_redis_partitions(*first, settings_.queue);
  if (!count)
    return count.error();
  std::vector<std::shared_ptr<queue_admin>> all;
  for (auto& connection : connect_partitions(first, where_, settings_, *count))
    all.push_back(std::make_shared<redis_queue>(std::move(connection), settings_.queue, all.size()));
  partitions_.emplace(std::move(all));
  return {};
}

} // namespace sluice
