#include "support/virtual_system.hpp"

#include "core/intake/intake.hpp"
#include "core/persistence/partitioned_commit.hpp"

namespace sluice::test {

namespace {

// Any moment will do; this one makes dates readable.
const std::chrono::system_clock::time_point epoch{std::chrono::seconds{1'700'000'000}};

} // namespace

virtual_system::config::config() {
  configure(*this, custom_options_);
}

options virtual_system::defaults() {
  options o;
  o.write_key = "test-key";
  o.data_plane_url = "http://127.0.0.1:1";
  return o;
}

virtual_system::virtual_system(options o) : virtual_system{std::move(o), setting{}} {}

virtual_system::virtual_system(options o, setting s) : next_{std::move(s.next)}, scheduler_{config_}, self_{system()} {
  o.log = [this](log_level, std::string_view line) { log_.emplace_back(line); };
  extensions parts;
  parts.queue = std::move(s.queue);
  parts.transport = s.transport ? std::move(s.transport) : endpoint_.factory();
  simulated_machine machine;
  machine.clock = [this, passed = s.passed, start = scheduler_.now()] {
    return epoch + passed + clock_is_off_ +
           std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now() - start);
  };
  machine.seed = s.seed;
  machine.detach_persister = false;
  auto running = composition::spawn(system(), o, std::move(parts), std::move(machine));
  if (!running)
    throw std::runtime_error("options: " + running.error().front().field + " " + running.error().front().message);
  running_.emplace(std::move(*running));
  if (s.first)
    s.first(*this);
  run();
}

virtual_system::~virtual_system() {
  caf::anon_send_exit(running_->supervisor, caf::exit_reason::kill);
  run();
  running_.reset();
}

void virtual_system::run() {
  for (; const auto n = scheduler_.runnable(); ++handled_)
    scheduler_.run_one(next_ ? next_(n) : 0);
}

void virtual_system::settle() {
  advance(partitioned_commit::ack_wait);
}

void virtual_system::advance(std::chrono::milliseconds total) {
  const auto end = scheduler_.now() + total;
  run();
  for (auto due = scheduler_.next_due(); due && *due <= end; due = scheduler_.next_due()) {
    scheduler_.advance_to(std::max(*due, scheduler_.now()));
    run();
  }
  scheduler_.advance_to(std::max(end, scheduler_.now()));
}

void virtual_system::skip(std::chrono::milliseconds total) {
  scheduler_.advance_to(scheduler_.now() + total);
}

void virtual_system::send_events(int n, const std::string& prefix) {
  for (int i = 0; i < n; ++i)
    send(self_, running_->buffer, track{.user_id = "u", .event = "Test", .message_id = prefix + std::to_string(i)});
}

std::shared_ptr<const peer_table> virtual_system::peers() {
  auto answer = ask<sluice::peers>(caf::actor_cast<supervisor_actor>(running_->supervisor), get_peers{});
  return answer ? answer->table : nullptr;
}

counts virtual_system::client_totals() const {
  return intake().totals().snapshot();
}

} // namespace sluice::test
