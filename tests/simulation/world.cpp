#include "simulation/world.hpp"

#include "actors/encoder.hpp"
#include "core/intake/intake.hpp"
#include "core/wire/payload.hpp"
#include "store/memory_store.hpp"

namespace sluice::test {

using std::chrono::milliseconds;

namespace {

[[maybe_unused]] const bool registered = compat::register_at_start<caf::id_block::sluice_simulation>();

// How long a world that is well again may take to deliver everything.
constexpr milliseconds patience{30 * 60'000};

} // namespace

world::world(std::uint64_t seed)
    : chance_{seed}, scenario_{draw_scenario(chance_)}, plane_{chance_, scenario_.too_many},
      queue_{std::make_shared<memory_store>(scenario_.settings)}, seed_{seed} {}

std::optional<std::string> world::run() {
  const auto& o = scenario_.settings;
  say(std::string{"a store that "} + (scenario_.durable ? "outlives" : "dies with") + " the process, " +
      std::to_string(o.max_in_flight) + " in flight, batches of " + std::to_string(o.flush_at) + " to " +
      std::to_string(o.max_batch_events) + ", " + std::to_string(o.max_internal_queue_size) + " events in memory, " +
      std::to_string(o.retry.max_attempts) + " attempts");
  start();
  for (std::size_t i = 0; i < scenario_.actions && !violation_; ++i) {
    act();
    check_bounds();
  }
  if (!violation_)
    check_end();
  if (process_)
    end_process();
  return violation_;
}

world_counts world::counts() const {
  auto c = counts_;
  c.events = next_event_;
  c.taken = plane_.taken().size();
  c.duplicates = plane_.duplicates();
  c.requests = plane_.requests();
  return c;
}

// -- what happens -----------------------------------------------------------------------------------------------------

void world::act() {
  const auto which = chance_.below(100);
  if (which < 40)
    return offer(chance_.between(1, 40));
  if (which < 65)
    return pass(milliseconds{chance_.one_of({1, 5, 20, 100, 700})});
  if (which < 75)
    return kill_one();
  if (which < 85)
    return upset();
  if (which < 93)
    return ask_something();
  if (!scenario_.durable)
    return;
  which < 97 ? crash() : shut_down();
  pass(milliseconds{chance_.below(200)});
  start();
}

void world::offer(std::size_t events) {
  process& p = *process_;
  const auto way = chance_.below(3);
  say("offer " + std::to_string(events) +
      (way == 0   ? " by message"
       : way == 1 ? " through the client"
                  : " as requests"));
  const auto& running = p.sim->running();
  for (std::size_t i = 0; i < events; ++i) {
    if (way == 0) {
      offer_one([&](track t) { compat::anon_send(running.buffer, std::move(t)); });
    } else if (way == 1) {
      offer_one([&](const track& t) { static_cast<void>(encode_and_offer(p.sim->intake(), view_of(t))); });
    } else {
      compat::anon_send(p.host, errand{[this, &p](caf::event_based_actor* self) {
                          offer_one([&](track t) {
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
void world::offer_one(const std::function<void(track)>& by) {
  process& p = *process_;
  auto& intake = p.sim->intake();
  auto number = std::to_string(next_event_++);
  number.insert(0, 8 - number.size(), '0');
  track t{.user_id = "u", .event = "e", .message_id = (chance_.percent(1) ? data_plane::poison : "e") + number};
  if (chance_.percent(10))
    t.properties = {{"filler", std::string(chance_.below(2'000), 'x')}};
  const auto before = intake.totals().snapshot().accepted;
  const auto id = t.message_id;
  ++p.offered;
  by(std::move(t));
  if (intake.totals().snapshot().accepted > before)
    p.accepted.insert(id);
}

void world::kill_one() {
  const auto peers = process_->sim->peers();
  if (!peers)
    return;
  ++counts_.kills;
  const auto kill = [](const auto& whom) { caf::anon_send_exit(whom, caf::exit_reason::kill); };
  switch (chance_.below(4)) {
  case 0:
    say("kill the persister");
    kill(peers->persister);
    break;
  case 1:
    say("kill the dispatcher");
    kill(peers->dispatcher);
    break;
  case 2:
    say("kill the retry scheduler");
    kill(peers->retry);
    break;
  default:
    say("kill the dead-letter actor");
    kill(peers->dead_letters);
  }
  if (chance_.percent(50))
    process_->sim->run();
}

void world::upset() {
  if (chance_.percent(40)) {
    const auto some = [&] { return chance_.percent(50) ? 0U : static_cast<unsigned>(chance_.between(5, 100)); };
    faults_ = {.before = some(), .after = some() / 2, .throws = some() / 4};
    return say("the store fails in " + std::to_string(faults_.before) + ", loses its answer in " +
               std::to_string(faults_.after) + ", throws in " + std::to_string(faults_.throws) + " of 100");
  }
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

void world::ask_something() {
  process& p = *process_;
  const auto ask = [&](auto f) {
    compat::anon_send(p.host, errand{[&p, f](caf::event_based_actor* self) { f(self, p.sim->running()); }});
    if (chance_.percent(70))
      p.sim->run();
  };
  switch (chance_.below(scenario_.in_order ? 5 : 6)) {
  case 0:
    say("pause");
    return compat::anon_send(p.sim->running().supervisor, pause{});
  case 1:
    say("resume");
    return compat::anon_send(p.sim->running().supervisor, resume{});
  case 2:
    say("a new key");
    return compat::anon_send(p.sim->running().supervisor, set_destination{"", "another-key"});
  case 3:
    say("flush");
    return ask([&p, deadline = milliseconds{chance_.between(1, 2'000)}](auto* self, const analytics& running) {
      ask_as<flush_report>(self, p.notes, running.buffer, flush{deadline});
    });
  case 4:
    say("list dead letters");
    return ask([&p](auto* self, const analytics& running) {
      ask_as<dead_page>(self, p.notes, running.supervisor, list_dead{});
    });
  default:
    say("replay dead letters");
    replayed_ = true;
    return ask([&p](auto* self, const analytics& running) {
      ask_as<dead_count>(self, p.notes, running.supervisor, replay_dead{});
    });
  }
}

// -- processes --------------------------------------------------------------------------------------------------------

void world::start() {
  ++started_;
  say("a process starts");
  process_ = std::make_unique<process>();
  process& p = *process_;
  auto queue = std::make_unique<unreliable_store>(queue_, scenario_.durable, faults_, chance_);
  p.queue = queue.get();
  auto next = [this](std::size_t n) { return static_cast<std::size_t>(chance_.below(n)); };
  p.sim = std::make_unique<virtual_system>(scenario_.settings, virtual_system::setting{.queue = std::move(queue),
                                                                                       .transport = plane_.factory(),
                                                                                       .passed = now_,
                                                                                       .seed = seed_ * 1'000 + started_,
                                                                                       .next = next});
  p.host = spawn_host(p.sim->system(), p.notes, chance_.percent(70), p.sim->running().supervisor);
  p.sim->run();
}

// Nothing that it does from now on reaches the store or the data plane, and its actors go.
void world::crash() {
  ++counts_.crashes;
  say("the process crashes");
  process_->queue->freeze();
  end_process();
}

void world::shut_down() {
  process& p = *process_;
  const milliseconds deadline{chance_.between(1, 3'000)};
  say("the process shuts down within " + std::to_string(deadline.count()) + " ms");
  std::optional<shutdown_report> report;
  compat::anon_send(p.host, errand{[&](caf::event_based_actor* self) {
                      ask_as<shutdown_report>(self, p.notes, p.sim->running().supervisor, shutdown{deadline},
                                              [&report](const shutdown_report* r) {
                                                if (r)
                                                  report = *r;
                                              });
                    }});
  p.sim->run();
  for (milliseconds waited{0}; !report && waited < deadline + milliseconds{5'000}; waited += milliseconds{50})
    pass(milliseconds{50});
  if (!report)
    return violate("a shutdown was not answered");
  if (report->accepted + report->recovered != report->delivered + report->dead + report->stored + report->lost)
    violate("the shutdown report does not add up");
  if (report->lost == 0)
    promised_.insert(p.accepted.begin(), p.accepted.end());
  end_process();
}

void world::end_process() {
  process& p = *process_;
  if (scenario_.durable)
    promised_.insert(p.notes.stored.begin(), p.notes.stored.end());
  p.sim->kill(p.sim->running().supervisor);
  if (p.notes.asked != p.notes.answered)
    violate(std::to_string(p.notes.asked - p.notes.answered) + " requests were never answered");
  counts_.rejected += p.sim->totals().rejected;
  caf::anon_send_exit(p.host, caf::exit_reason::kill);
  p.host = nullptr;
  now_ += milliseconds{1};
  process_.reset();
}

void world::pass(milliseconds t) {
  const auto end = now_ + t;
  while (now_ < end) {
    const auto step = std::clamp(plane_.until_next(), milliseconds{1}, end - now_);
    if (process_)
      process_->sim->advance(step);
    plane_.pass(step);
    now_ += step;
    if (process_)
      process_->sim->run();
  }
}

// -- what must hold ---------------------------------------------------------------------------------------------------

void world::check_bounds() {
  const auto s = *queue_->stats();
  if (s.stored != s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged)
    violate("the counts of the store do not add up");
  const auto& o = scenario_.settings;
  if (plane_.open() > o.max_in_flight)
    violate(std::to_string(plane_.open()) + " deliveries are in flight");
  if (!process_)
    return;
  auto& intake = process_->sim->intake();
  if (intake.depth() > o.max_internal_queue_size || intake.depth_bytes() > o.max_internal_queue_bytes)
    violate("the buffer holds " + std::to_string(intake.depth()) + " events, " + std::to_string(intake.depth_bytes()) +
            " bytes");
  const auto totals = intake.totals().snapshot();
  if (totals.accepted + totals.rejected != process_->offered)
    violate("an event was neither accepted nor refused");
}

bool world::drained() {
  const auto s = *queue_->stats();
  return process_->sim->totals().accepted == process_->sim->totals().stored && s.ready + s.in_flight + s.retry == 0;
}

void world::check_end() {
  say("all is well again");
  plane_.is = data_plane::mood::well;
  faults_ = {};
  for (milliseconds waited{0}; waited < patience && !drained(); waited += milliseconds{1'000}) {
    compat::anon_send(process_->sim->running().supervisor, resume{});
    pass(milliseconds{1'000});
  }
  if (!drained())
    return violate("what waits is not delivered");
  pass(milliseconds{3'000});
  const auto totals = process_->sim->totals();
  // If an answer got lost, and with it persister and dispatcher, nobody knows what it was; the store does.
  const bool known = !process_->queue->lost_answer();
  if (totals.waiting != 0 && known)
    violate(std::to_string(totals.waiting) + " events are said to wait, and do not");
  if (process_->sim->intake().depth() != 0 && (known || scenario_.durable))
    violate("the buffer counts events that it does not hold");
  // Every deadline has passed: nobody waits for anything.
  if (process_->notes.asked != process_->notes.answered)
    violate("a request was not answered at its deadline");
  check_bounds();
  promised_.insert(process_->accepted.begin(), process_->accepted.end());
  const auto dead = dead_ids();
  counts_.dead = dead.size();
  for (const auto& id : promised_)
    if (!plane_.has(id) && !dead.contains(id))
      return violate("event " + id + " is lost");
  if (scenario_.settings.retry.max_attempts == 1'000)
    for (const auto& id : dead)
      if (!id.starts_with(data_plane::poison))
        return violate("event " + id + " is dead, and was not poisonous");
  if (scenario_.in_order)
    check_order();
}

void world::check_order() {
  const auto number = [](const std::string& id) { return id.substr(id.size() - 8); };
  const auto& taken = plane_.taken();
  for (std::size_t i = 1; i < taken.size(); ++i)
    if (number(taken[i - 1]) > number(taken[i]))
      return violate("event " + taken[i] + " came after " + taken[i - 1]);
}

std::set<std::string> world::dead_ids() {
  std::set<std::string> ids;
  for (const auto& d : *queue_->list_dead("", 100'000)) {
    const auto letter = queue_->show_dead(d.id);
    const auto more = message_ids_of(*letter->payload);
    ids.insert(more->begin(), more->end());
  }
  return ids;
}

void world::say(std::string line) {
  schedule_.push_back("at " + std::to_string(now_.count()) + " ms: " + std::move(line));
}

void world::violate(const std::string& what) {
  if (!violation_)
    violation_ = what;
}

} // namespace sluice::test
