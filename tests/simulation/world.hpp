#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fakes/shared_queue.hpp"
#include "fakes/shared_store.hpp"
#include "fakes/store_of_partitions.hpp"
#include "fakes/unreliable_store.hpp"
#include "simulation/data_plane.hpp"
#include "simulation/process.hpp"
#include "simulation/scenario.hpp"
#include "store/memory_store.hpp"

namespace sluice::test {

/// What a run has been through.
struct world_counts {
  std::uint64_t events = 0, rejected = 0, taken = 0, duplicates = 0, requests = 0, dead = 0, kills = 0, crashes = 0;
  std::uint64_t processes_at_most = 0, stops = 0, takeovers = 0, clock_steps = 0;
  std::uint64_t batches_forgotten = 0, lost = 0, elsewhere = 0;

  void add(const world_counts&);
};

/// One run of the whole pipeline from a seed: processes that begin, are killed in part or as a whole, are stopped, and
/// end in order; a store that fails and forgets; a data plane that fails; and at the end, when all is well again, the
/// question whether what was promised is true. The same seed gives the same run. `world.cpp` has what happens,
/// `world_checks.cpp` what must hold.
class world {
public:
  explicit world(std::uint64_t seed);
  ~world();

  /// Gives what was violated; nothing if all promises were kept.
  std::optional<std::string> run();

  /// What has happened, a line each.
  const std::vector<std::string>& schedule() const noexcept { return schedule_; }
  world_counts counts() const;

private:
  void act();
  void offer(std::size_t events);
  void offer_one(process&, const std::function<void(track)>& by);
  void kill_one();
  void ask_something();
  void ask_about_dead_letters(process&);
  void upset();
  void upset_store();
  void upset_time();
  void forget();
  void end_or_begin_one();

  void start();
  void crash(process&);
  void stop(process&, milliseconds);
  void shut_down(process&);
  void end(process&, bool in_order = true);
  void end_what_has_ended();
  void pass(milliseconds);
  void go_on_without(process&, milliseconds);
  process& any_running();
  std::size_t running() const;
  shared_queue& any_queue() { return *queues_[chance_.below(queues_.size())]; }
  std::unique_ptr<store> store_for(const process&);
  void say(std::string line);
  void say(const process&, const std::string& line);
  /// `what`: nothing if nothing is wrong.
  void violate(const std::optional<std::string>& what);

  void note_forgotten();
  void check_always();
  void check_end();
  void recover();
  void flush_all();
  void check_counts();
  void check_order();
  bool drained() const;
  /// A store that has gone back may deliver what it had delivered, and puts what is restored before what is ready.
  bool has_gone_back() const;
  store_stats stats() const;
  whereabouts where_all_are() const;

  chance chance_;
  scenario scenario_;
  data_plane plane_;
  store_faults faults_;
  /// The store is one of these: the queues of all partitions, or all of it in memory.
  std::vector<std::shared_ptr<shared_queue>> queues_;
  std::shared_ptr<memory_store> memory_;
  std::vector<std::unique_ptr<process>> processes_;
  /// Of processes that have ended.
  std::vector<account> closed_;
  milliseconds now_{0};
  std::uint64_t seed_;
  std::uint64_t started_ = 0;
  std::uint64_t next_event_ = 0;
  std::map<std::string, std::string> users_;
  std::vector<std::string> schedule_;
  std::optional<std::string> violation_;
  world_counts counts_;
};

} // namespace sluice::test
