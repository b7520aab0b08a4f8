#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fakes/unreliable_store.hpp"
#include "simulation/data_plane.hpp"
#include "simulation/host.hpp"
#include "simulation/scenario.hpp"
#include "support/virtual_system.hpp"

namespace sluice::test {

/// What a run has been through.
struct world_counts {
  std::uint64_t events = 0, rejected = 0, taken = 0, duplicates = 0, requests = 0, dead = 0, kills = 0, crashes = 0;
};

/// One run of the whole pipeline from a seed: processes that begin, are killed in part or as a whole, and end in order;
/// a store and a data plane that fail; and at the end, when all is well again, the question whether what was promised
/// is true. The same seed gives the same run.
class world {
public:
  explicit world(std::uint64_t seed);

  /// Gives what was violated; nothing if all promises were kept.
  std::optional<std::string> run();

  /// What has happened, a line each.
  const std::vector<std::string>& schedule() const noexcept { return schedule_; }
  world_counts counts() const;

private:
  /// A process of a host.
  struct process {
    host_notes notes;
    unreliable_store* queue = nullptr;
    std::unique_ptr<virtual_system> sim;
    caf::actor host;
    /// Of its events, those that the buffer has accepted.
    std::set<std::string> accepted;
    std::uint64_t offered = 0;
  };

  void act();
  void offer(std::size_t events);
  void offer_one(const std::function<void(track)>& by);
  void kill_one();
  void ask_something();
  void upset();
  void start();
  void crash();
  void shut_down();
  void end_process();
  void pass(std::chrono::milliseconds);
  bool drained();
  void say(std::string line);
  void violate(const std::string& what);

  void check_bounds();
  void check_end();
  void check_order();
  std::set<std::string> dead_ids();

  chance chance_;
  scenario scenario_;
  data_plane plane_;
  store_faults faults_;
  std::shared_ptr<store> queue_;
  std::unique_ptr<process> process_;
  std::chrono::milliseconds now_{0};
  std::uint64_t seed_;
  std::uint64_t started_ = 0;
  std::uint64_t next_event_ = 0;
  bool replayed_ = false;
  /// What must have arrived, or be dead, in the end.
  std::set<std::string> promised_;
  std::vector<std::string> schedule_;
  std::optional<std::string> violation_;
  world_counts counts_;
};

} // namespace sluice::test
