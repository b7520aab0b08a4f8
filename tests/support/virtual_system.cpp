#include "support/virtual_system.hpp"

#include "core/intake/intake.hpp"

namespace sluice::test {

namespace {

// Any moment will do; this one makes dates readable.
const std::chrono::system_clock::time_point epoch{std::chrono::seconds{1'700'000'000}};

} // namespace

virtual_system::config::config() {
  configure(*this, custom_options_);
  set("scheduler.policy", caf::atom("testing"));
}

options virtual_system::defaults() {
  options o;
  o.write_key = "test-key";
  o.data_plane_url = "http://127.0.0.1:1";
  return o;
}

virtual_system::virtual_system(options o) : virtual_system{std::move(o), setting{}} {}

virtual_system::virtual_system(options o, setting s)
    : next_{std::move(s.next)}, system_{config_},
      scheduler_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())}, self_{system_} {
  o.log = [this](log_level, std::string_view line) { log_.emplace_back(line); };
  extensions parts;
  parts.queue = std::move(s.queue);
  parts.transport = s.transport ? std::move(s.transport) : endpoint_.factory();
  parts.clock = [this, passed = s.passed, start = scheduler_.clock().now()] {
    return epoch + passed + std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.clock().now() - start);
  };
  parts.seed = s.seed;
  parts.detach_persister = false;
  auto running = spawn_analytics(system_, o, std::move(parts));
  if (!running)
    throw std::runtime_error("options: " + running.error().front().option + " " + running.error().front().message);
  running_ = *running;
  if (s.first)
    s.first(*this);
  run();
}

virtual_system::~virtual_system() {
  caf::anon_send_exit(running_->supervisor, caf::exit_reason::kill);
  run();
  running_.reset();
  scheduler_.clock().cancel_all();
}

void virtual_system::run() {
  auto& jobs = scheduler_.jobs;
  while (!jobs.empty()) {
    if (next_)
      std::swap(jobs.front(), jobs[next_(jobs.size())]);
    scheduler_.run_once();
  }
}

void virtual_system::advance(std::chrono::milliseconds total) {
  auto& clock = scheduler_.clock();
  const auto end = clock.now() + total;
  run();
  while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
    clock.advance_time(std::max(clock.schedule().begin()->first - clock.now(), caf::timespan{0}));
    run();
  }
  clock.advance_time(end - clock.now());
}

void virtual_system::send_events(int n, const std::string& prefix) {
  for (int i = 0; i < n; ++i)
    self_->send(running_->buffer, track{.user_id = "u", .event = "Test", .message_id = prefix + std::to_string(i)});
}

std::shared_ptr<const peer_table> virtual_system::peers() {
  auto answer = ask<sluice::peers>(caf::actor_cast<supervisor_actor>(running_->supervisor), get_peers{});
  return answer ? answer->table : nullptr;
}

counts virtual_system::client_totals() const {
  return running_->door->totals();
}

} // namespace sluice::test
