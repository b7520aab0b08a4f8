#include "simulation/world.hpp"

#include <algorithm>

#include "actors/encoder.hpp"
#include "core/persistence/partition.hpp"

namespace sluice::test {

namespace {

[[maybe_unused]] const bool registered = compat::register_at_start<caf::id_block::sluice_simulation>();

} // namespace

void world_counts::add(const world_counts& c) {
  events += c.events;
  rejected += c.rejected;
  taken += c.taken;
  duplicates += c.duplicates;
  requests += c.requests;
  dead += c.dead;
  kills += c.kills;
  crashes += c.crashes;
  processes_at_most = std::max(processes_at_most, c.processes_at_most);
  stops += c.stops;
  takeovers += c.takeovers;
  clock_steps += c.clock_steps;
  batches_forgotten += c.batches_forgotten;
  lost += c.lost;
  elsewhere += c.elsewhere;
}

world::world(std::uint64_t seed)
    : chance_{seed}, scenario_{draw_scenario(chance_)}, plane_{chance_, scenario_.too_many}, seed_{seed} {
  if (scenario_.durable)
    for (std::size_t p = 0; p < scenario_.settings.queue.partitions; ++p)
      queues_.push_back(std::make_shared<shared_queue>(
          share_of_partition(scenario_.settings), [this] { return store_time{now_}; }, p));
  else
    memory_ = std::make_shared<memory_store>(scenario_.settings);
}

world::~world() = default;

std::optional<std::string> world::run() {
  const auto& o = scenario_.settings;
  say(std::string{"a store that "} + (scenario_.durable ? "outlives" : "dies with") + " the process, " +
      (o.queue.is_multi_processor ? "shared by " : "for ") + std::to_string(scenario_.processes) + ", " +
      std::to_string(o.max_in_flight) + " in flight, batches of " + std::to_string(o.flush_at) + " to " +
      std::to_string(o.max_batch_events) + ", " + std::to_string(o.max_internal_queue_size) + " events in memory, " +
      std::to_string(o.retry.max_attempts) + " attempts, " + std::to_string(o.queue.partitions) +
      (o.queue.partitions == 1 ? " partition" : " partitions") +
      (o.ordering == delivery_order::none ? "" : ", in order"));
  for (auto n = chance_.between(1, scenario_.processes); n > 0; --n)
    start();
  for (std::size_t i = 0; i < scenario_.actions && !violation_; ++i) {
    act();
    check_always();
  }
  if (!violation_)
    check_end();
  while (!processes_.empty())
    end(*processes_.back());
  return violation_;
}

world_counts world::counts() const {
  auto c = counts_;
  c.events = next_event_;
  c.taken = plane_.taken().size();
  c.duplicates = plane_.duplicates();
  c.requests = plane_.requests();
  for (const auto& q : queues_) {
    c.takeovers += q->takeovers();
    c.batches_forgotten += q->batches_forgotten();
  }
  return c;
}

// -- what happens -----------------------------------------------------------------------------------------------------

void world::act() {
  end_what_has_ended();
  if (running() == 0)
    scenario_.durable ? start() : pass(processes_.front()->stopped_until - now_);
  const auto which = chance_.below(100);
  if (which < 36)
    return offer(chance_.between(1, 40));
  if (which < 60)
    return pass(milliseconds{chance_.one_of({1, 5, 20, 100, 700, 5'000})});
  if (which < 69)
    return kill_one();
  if (which < 78)
    return upset();
  if (which < 86)
    return ask_something();
  if (which < 90)
    return upset_time();
  if (!scenario_.durable)
    return;
  which < 94 ? forget() : end_or_begin_one();
}

void world::offer(std::size_t events) {
  process& p = any_running();
  const auto way = chance_.below(3);
  say(p, "is offered " + std::to_string(events) +
             (way == 0   ? " by message"
              : way == 1 ? " through the client"
                         : " as requests"));
  const auto& running = p.sim->running();
  for (std::size_t i = 0; i < events; ++i) {
    if (way == 0) {
      offer_one(p, [&](track t) { compat::anon_send(running.buffer, std::move(t)); });
    } else if (way == 1) {
      offer_one(p, [&](const track& t) { static_cast<void>(encode_and_offer(p.sim->intake(), view_of(t))); });
    } else {
      compat::anon_send(p.host, errand{[this, &p](caf::event_based_actor* self) {
                          offer_one(p, [&](track t) {
                            const auto id = t.message_id;
                            ask_as<receipt>(self, p.notes, p.sim->running().buffer, std::move(t),
                                            [&p, id](const receipt* r) {
                                              if (r)
                                                p.notes.stored.insert(id);
                                            });
                          });
                        }});
    }
    if (chance_.percent(20))
      p.sim->run();
  }
  p.sim->run();
}

// The gate takes or refuses it on the sender's thread: at once.
void world::offer_one(process& p, const std::function<void(track)>& by) {
  auto& intake = p.sim->intake();
  auto number = std::to_string(next_event_++);
  number.insert(0, 8 - number.size(), '0');
  track t{.user_id = "user-" + std::to_string(chance_.below(10)),
          .event = "e",
          .message_id = (chance_.percent(1) ? data_plane::poison : "e") + number};
  if (chance_.percent(10))
    t.properties = {{"filler", std::string(chance_.below(2'000), 'x')}};
  const auto before = intake.totals().snapshot().accepted;
  const auto id = t.message_id;
  users_[id] = t.user_id;
  ++p.offered;
  by(std::move(t));
  if (intake.totals().snapshot().accepted > before)
    p.owes.accepted.insert(id);
}

void world::kill_one() {
  process& p = any_running();
  const auto peers = p.sim->peers();
  if (!peers)
    return;
  ++counts_.kills;
  const auto kill = [&](const auto& whom, const char* name) {
    say(p, std::string{"loses its "} + name);
    caf::anon_send_exit(whom, caf::exit_reason::kill);
  };
  switch (chance_.below(4)) {
  case 0:
    kill(peers->persister, "persister");
    break;
  case 1:
    kill(peers->dispatcher, "dispatcher");
    break;
  case 2:
    kill(peers->retry, "retry scheduler");
    break;
  default:
    kill(peers->dead_letters, "dead-letter actor");
  }
  if (chance_.percent(50))
    p.sim->run();
}

void world::upset() {
  if (chance_.percent(40))
    return upset_store();
  using m = data_plane::mood;
  const auto [next, name] = chance_.one_of<std::pair<m, const char*>>({{m::well, "well"},
                                                                       {m::flaky, "flaky"},
                                                                       {m::down, "down"},
                                                                       {m::throttling, "throttling"},
                                                                       {m::wrong_key, "of another key"},
                                                                       {m::hanging, "hanging"}});
  plane_.is = next;
  say(std::string{"the data plane is "} + name);
}

void world::upset_store() {
  if (!queues_.empty() && chance_.percent(25)) {
    using room = shared_queue::room;
    const auto [next, name] = chance_.one_of<std::pair<room, const char*>>(
        {{room::for_all, "all"}, {room::for_restores, "what it had only"}, {room::for_nothing, "nothing"}});
    any_queue().has_room = next;
    return say(std::string{"the store has room for "} + name);
  }
  const auto some = [&] { return chance_.percent(50) ? 0U : static_cast<unsigned>(chance_.between(5, 100)); };
  faults_ = {.before = some(), .after = some() / 2, .throws = some() / 4, .late = some() / 4};
  say("the store fails in " + std::to_string(faults_.before) + ", loses its answer in " +
      std::to_string(faults_.after) + ", throws in " + std::to_string(faults_.throws) + ", is late in " +
      std::to_string(faults_.late) + " of 100");
}

void world::ask_something() {
  process& p = any_running();
  const auto& running = p.sim->running();
  switch (chance_.below(5)) {
  case 0:
    say(p, "pauses");
    return compat::anon_send(running.supervisor, pause{});
  case 1:
    say(p, "resumes");
    return compat::anon_send(running.supervisor, resume{});
  case 2:
    say(p, "gets a new key");
    return compat::anon_send(running.supervisor, set_destination{"", "another-key"});
  case 3:
    say(p, "is flushed");
    compat::anon_send(p.host, errand{[&p, d = milliseconds{chance_.between(1, 2'000)}](caf::event_based_actor* self) {
                        ask_as<flush_report>(self, p.notes, p.sim->running().buffer, flush{d});
                      }});
    break;
  default:
    ask_about_dead_letters(p);
  }
  if (chance_.percent(70))
    p.sim->run();
}

void world::ask_about_dead_letters(process& p) {
  const auto ask = [&]<class Answer>(Answer, auto question) {
    compat::anon_send(p.host, errand{[&p, question](caf::event_based_actor* self) {
                        ask_as<Answer>(self, p.notes, p.sim->running().supervisor, question);
                      }});
  };
  const auto which = chance_.below(3);
  if (which == 0 || scenario_.in_order) {
    say(p, "lists the dead letters");
    ask(dead_page{}, list_dead{});
  } else if (which == 1 || queues_.empty()) {
    say(p, "replays the dead letters");
    ask(dead_count{}, replay_dead{});
  } else {
    say(p, "purges the dead letters");
    ask(dead_count{}, purge_dead{});
  }
}

void world::upset_time() {
  process& p = any_running();
  if (chance_.percent(50)) {
    using namespace std::chrono_literals;
    const auto by = chance_.one_of<milliseconds>({-30 * 24h, -1h, -2s, 2s, 1h});
    p.sim->step_clock(by);
    ++counts_.clock_steps;
    return say(p, "has its clock set by " + std::to_string(by.count()) + " ms");
  }
  stop(p, milliseconds{chance_.one_of({1'000, 4'000, 12'000, 30'000})});
  if (chance_.percent(50))
    pass(p.stopped_until - now_);
}

void world::forget() {
  const auto how = chance_.below(8);
  auto& queue = any_queue();
  if (how == 0) {
    queue.empty();
    return say("the store is emptied");
  }
  if (how == 1) {
    queue.raise_false_alarm();
    return say("the store seems to be as it was earlier");
  }
  const auto follows = chance_.below(10), lacks = chance_.one_of<std::uint64_t>({1, 3, 10, 100});
  queue.fail_over(follows, lacks);
  say("after " + std::to_string(follows) + " units of work a replica stops to follow, and takes over when it lacks " +
      std::to_string(lacks));
}

// A queue with one owner gets a second process now and then, which must find that out.
void world::end_or_begin_one() {
  const auto most = scenario_.processes + (scenario_.settings.queue.is_multi_processor ? 0 : 1);
  const auto which = chance_.below(3);
  if (which == 0 && processes_.size() < most)
    return start();
  process& p = any_running();
  which == 1 ? shut_down(p) : crash(p);
  pass(milliseconds{chance_.below(200)});
}

// -- processes --------------------------------------------------------------------------------------------------------

void world::start() {
  auto& p = *processes_.emplace_back(std::make_unique<process>());
  p.owes.number = ++started_;
  say(p, "starts");
  p.lived = now_;
  p.waits = true;
  p.way = std::make_shared<unreliable_way>(faults_, chance_, scenario_.settings.queue.partitions,
                                           [this, &p](milliseconds t) { go_on_without(p, t); });
  auto next = [this](std::size_t n) { return static_cast<std::size_t>(chance_.below(n)); };
  p.sim = std::make_unique<virtual_system>(scenario_.settings, virtual_system::setting{.queue = store_for(p),
                                                                                       .transport = plane_.factory(),
                                                                                       .passed = now_,
                                                                                       .seed = seed_ * 1'000 + started_,
                                                                                       .next = next});
  p.host = spawn_host(p.sim->system(), p.notes, chance_.percent(70), p.sim->running().supervisor);
  p.sim->run();
  p.waits = false;
  counts_.processes_at_most = std::max<std::uint64_t>(counts_.processes_at_most, processes_.size());
}

std::unique_ptr<store> world::store_for(const process& p) {
  if (memory_)
    return std::make_unique<unreliable_store>(memory_, p.way);
  std::vector<std::shared_ptr<store>> partitions;
  for (const auto& q : queues_)
    partitions.push_back(std::make_shared<shared_store>(q, p.way, "process " + std::to_string(started_),
                                                        scenario_.settings, [this] { return store_time{now_}; }));
  return std::make_unique<store_of_partitions>(std::move(partitions));
}

// Nothing that it does from now on reaches the store or the data plane, and its actors go.
void world::crash(process& p) {
  ++counts_.crashes;
  say(p, "crashes");
  p.way->cut();
  end(p, false);
}

void world::stop(process& p, milliseconds t) {
  ++counts_.stops;
  say(p, "is stopped for " + std::to_string(t.count()) + " ms");
  p.stopped_until = now_ + t;
}

void world::shut_down(process& p) {
  const milliseconds deadline{chance_.between(1, 3'000)};
  say(p, "shuts down within " + std::to_string(deadline.count()) + " ms");
  const auto asked = now_;
  std::optional<shutdown_report> report;
  compat::anon_send(p.host, errand{[&](caf::event_based_actor* self) {
                      ask_as<shutdown_report>(self, p.notes, p.sim->running().supervisor, shutdown{deadline},
                                              [&report](const shutdown_report* r) {
                                                if (r)
                                                  report = *r;
                                              });
                    }});
  p.sim->run();
  for (milliseconds waited{0}; !report && !p.notes.ended && waited < deadline + milliseconds{5'000};
       waited += milliseconds{50})
    pass(milliseconds{50});
  if (!report && !p.notes.ended)
    return violate("a shutdown was not answered");
  if (report) {
    violate(check_report(*report));
    if (report->lost == p.sim->totals().lost) // nothing was lost with the process
      p.owes.promised = p.owes.accepted;
  }
  end(p, now_ < asked + deadline && !p.notes.ended);
}

void world::end(process& p, bool in_order) {
  note_forgotten();
  if (scenario_.durable)
    p.note_end(in_order);
  p.sim->kill(p.sim->running().supervisor);
  if (p.notes.asked != p.notes.answered)
    violate(std::to_string(p.notes.asked - p.notes.answered) + " requests were never answered");
  violate(check_balance(p.count()));
  counts_.rejected += p.owes.totals.rejected;
  counts_.lost += p.owes.totals.lost;
  counts_.elsewhere += p.owes.totals.ended_elsewhere;
  closed_.push_back(p.owes);
  caf::anon_send_exit(p.host, caf::exit_reason::kill);
  p.host = nullptr;
  now_ += milliseconds{1};
  std::erase_if(processes_, [&p](const auto& other) { return other.get() == &p; });
}

void world::end_what_has_ended() {
  for (std::size_t i = processes_.size(); i-- > 0;)
    if (processes_[i]->notes.ended) {
      say(*processes_[i], "has ended");
      end(*processes_[i], false);
    }
}

void world::pass(milliseconds t) {
  const auto end = now_ + t;
  while (now_ < end) {
    auto step = std::min(end - now_, plane_.until_next());
    for (const auto& p : processes_)
      step = std::min(step, p->until_due(now_));
    step = std::max(step, milliseconds{1});
    now_ += step;
    plane_.pass(step);
    for (const auto& p : processes_)
      p->live_until(now_);
  }
}

void world::go_on_without(process& p, milliseconds t) {
  const bool waited = std::exchange(p.waits, true);
  pass(t);
  p.wait_until(now_);
  p.waits = waited;
}

process& world::any_running() {
  auto which = chance_.below(running());
  for (const auto& p : processes_)
    if (p->runs(now_) && which-- == 0)
      return *p;
  return *processes_.front();
}

std::size_t world::running() const {
  return static_cast<std::size_t>(
      std::count_if(processes_.begin(), processes_.end(), [this](const auto& p) { return p->runs(now_); }));
}

void world::say(std::string line) {
  schedule_.push_back("at " + std::to_string(now_.count()) + " ms: " + std::move(line));
}

void world::say(const process& p, const std::string& line) {
  say("process " + std::to_string(p.owes.number) + " " + line);
}

void world::violate(const std::optional<std::string>& what) {
  if (!violation_)
    violation_ = what;
}

} // namespace sluice::test
