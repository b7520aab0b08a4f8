#include <algorithm>
#include <map>

#include "core/wire/payload.hpp"
#include "simulation/world.hpp"

namespace sluice::test {

namespace {

// How long a world that is well again may take to deliver everything.
constexpr milliseconds patience{30 * 60'000};

// Every process that runs for so long has asked its store, and knows if it is as it was earlier.
constexpr milliseconds to_notice{2'000};

} // namespace

bool world::has_gone_back() const {
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& q) { return q->has_gone_back(); });
}

void world::note_forgotten() {
  for (const auto& q : queues_) {
    const auto ids = q->take_forgotten();
    for (const auto& p : processes_)
      p->note_forgotten(ids, now_);
    for (auto& a : closed_)
      a.forgotten_unnoticed.insert(ids.begin(), ids.end());
  }
}

void world::check_always() {
  note_forgotten();
  const auto s = stats();
  if (s.stored != s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged + s.erased)
    violate("the counts of the store do not add up");
  const auto& o = scenario_.settings;
  // A store that went back leases batches again that are under way, by the same fences.
  const std::size_t at_a_time = has_gone_back() ? 2 * o.max_in_flight : o.max_in_flight;
  if (plane_.open() > at_a_time * processes_.size())
    violate(std::to_string(plane_.open()) + " deliveries are in flight");
  for (const auto& p : processes_) {
    auto& intake = p->sim->intake();
    if (intake.depth() > o.max_internal_queue_size || intake.depth_bytes() > o.max_internal_queue_bytes)
      violate("the buffer holds " + std::to_string(intake.depth()) + " events, " +
              std::to_string(intake.depth_bytes()) + " bytes");
    violate(check_balance(p->count()));
    if (p->owes.totals.accepted + p->owes.totals.rejected != p->offered)
      violate("an event was neither accepted nor rejected");
  }
}

void world::check_end() {
  recover();
  if (violation_)
    return;
  flush_all();
  end_what_has_ended();
  check_always();
  check_counts();
  auto where = where_all_are();
  counts_.dead = where.ever_dead.size();
  for (const auto& p : processes_) {
    p->owes.promised = p->owes.accepted;
    violate(check_promises(p->owes, where));
  }
  for (const auto& a : closed_)
    violate(check_promises(a, where));
  const auto& o = scenario_.settings;
  if (o.retry.max_attempts == 1'000 && o.queue.max_crashes == 100)
    for (const auto& id : where.ever_dead)
      if (!id.starts_with(data_plane::poison))
        return violate("event " + id + " is dead, and was not poisonous");
  if (scenario_.in_order && !has_gone_back())
    check_order();
}

// All is well again, and every process that still can goes on.
void world::recover() {
  say("all is well again");
  plane_.is = data_plane::mood::well;
  faults_ = {};
  for (const auto& q : queues_)
    q->settle_down();
  milliseconds all_run{0};
  for (milliseconds waited{0}; waited < patience; waited += milliseconds{1'000}) {
    end_what_has_ended();
    if (processes_.empty())
      start();
    all_run = running() == processes_.size() ? all_run + milliseconds{1'000} : milliseconds{0};
    if (all_run > to_notice && drained())
      return;
    for (const auto& p : processes_)
      compat::anon_send(p->sim->running().supervisor, resume{});
    pass(milliseconds{1'000});
  }
  violate("what waits is not delivered");
}

bool world::drained() const {
  const auto s = stats();
  return s.ready + s.in_flight + s.retry == 0 && std::all_of(processes_.begin(), processes_.end(), [](const auto& p) {
           return p->sim->totals().accepted == p->sim->totals().stored;
         });
}

// Every deadline passes, and every process looks for what it does not know.
void world::flush_all() {
  for (const auto& p : processes_)
    compat::anon_send(p->host, errand{[&p](caf::event_based_actor* self) {
                        ask_as<flush_report>(self, p->notes, p->sim->running().buffer, flush{milliseconds{1'000}});
                      }});
  pass(milliseconds{3'000});
}

void world::check_counts() {
  for (const auto& p : processes_) {
    const auto& totals = p->count().totals;
    if (totals.waiting != 0)
      violate(std::to_string(totals.waiting) + " events are said to wait, and do not");
    if (p->sim->intake().depth() != 0)
      violate("the buffer counts events that it does not hold");
    if (p->notes.asked != p->notes.answered)
      violate("a request was not answered at its deadline");
  }
}

// The events of each process, or of each of its users, arrive in their order. What a stopped process still has in
// memory comes after the events of the process that has taken over meanwhile.
void world::check_order() {
  std::map<std::string, std::uint64_t> accepted_by;
  const auto note = [&](const account& a) {
    for (const auto& id : a.accepted)
      accepted_by.emplace(id, a.number);
  };
  for (const auto& p : processes_)
    note(p->owes);
  for (const auto& a : closed_)
    note(a);
  const auto number = [](const std::string& id) { return id.substr(id.size() - 8); };
  const bool per_user = scenario_.settings.ordering == delivery_order::per_user;
  std::map<std::pair<std::uint64_t, std::string>, std::string> last;
  for (const auto& id : plane_.taken()) {
    auto& before = last[{accepted_by[id], per_user ? users_[id] : ""}];
    if (!before.empty() && number(before) > number(id))
      return violate("event " + id + " came after " + before);
    before = id;
  }
}

store_stats world::stats() const {
  if (memory_)
    return memory_->stats().value();
  store_stats sum;
  for (const auto& q : queues_) {
    const auto s = q->stats();
    sum.stored += s.stored;
    sum.delivered += s.delivered;
    sum.purged += s.purged;
    sum.ready += s.ready;
    sum.in_flight += s.in_flight;
    sum.retry += s.retry;
    sum.dead += s.dead;
  }
  return sum;
}

whereabouts world::where_all_are() const {
  whereabouts where{.delivered = {plane_.taken().begin(), plane_.taken().end()}};
  for (const auto& q : queues_) {
    where.ever_dead.insert(q->ever_dead_ids().begin(), q->ever_dead_ids().end());
    auto waiting = q->waiting_ids();
    where.waiting.merge(waiting);
    where.ended_twice.insert(q->ended_twice_ids().begin(), q->ended_twice_ids().end());
  }
  if (!memory_)
    return where;
  for (const auto& d : *memory_->list_dead("", 100'000))
    for (auto& id : *message_ids_of(*memory_->show_dead(d.id)->payload))
      where.ever_dead.insert(std::move(id));
  return where;
}

} // namespace sluice::test
