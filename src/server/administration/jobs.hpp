#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/persistence/dead_search.hpp"
#include "core/persistence/user_erasure.hpp"

namespace sluice {

enum class job_kind : std::uint8_t { replay, purge, erase };
enum class job_state : std::uint8_t { waiting, running, done, cancelled, failed };

/// What somebody wants to be done with dead letters, or with all events of a user.
struct job_order {
  job_kind what{};
  dead_filter filter{};
  /// The most events per second; 0: no limit.
  double rate = 0;
  /// Whose events are to be erased.
  erased_user who{};
  /// Who wants it: the name of a token; empty if it has none.
  std::string by{};
};

/// A replay or a purge of dead letters, or the erasure of a user.
struct job {
  std::string id{};
  job_order order{};
  job_state state = job_state::waiting;
  std::string failure{};
  /// What has been changed: dead letters, or batches that lost events of the user.
  std::uint64_t letters = 0, events = 0;
  /// When it was asked for, and when it ended.
  store_time began{};
  std::optional<store_time> ended{};
  dead_search search;
  /// Of an erasure that is under way, and how long it may go on.
  std::unique_ptr<user_erasure> erasure{};
  std::chrono::steady_clock::time_point erase_until{};
  /// When its rate permits the next page; nothing: at once.
  std::optional<std::chrono::steady_clock::time_point> due{};

  bool is_over() const noexcept { return state != job_state::waiting && state != job_state::running; }
};

nlohmann::ordered_json json_of(const job&);

/// The replays, purges and erasures of a server: one runs at a time, a page after the other, and the others wait. It
/// has no clock and does nothing by itself.
class jobs {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t most_waiting = 16;
  static constexpr std::size_t most_ended = 20;

  /// Adds a job behind the others. Null: too many wait.
  const job* add(job_order, store_time now);
  const job* find(const std::string& id) const;
  const std::deque<job>& all() const noexcept { return all_; }
  /// Ends a job that is not over. Null if there is none, or if it is over.
  const job* cancel(const std::string& id, store_time now);

  /// When the next page is due; nothing if there is no job.
  std::optional<clock::time_point> due(clock::time_point now) const;
  /// Changes the next page, if it is due. Returns the job if it has ended.
  const job* step(queue_admin&, store_time now, clock::time_point at);

private:
  job* current();
  const job* change_some(job&, queue_admin&, store_time now, clock::time_point at);
  const job* erase_some(job&, queue_admin&, store_time now, clock::time_point at);
  const job* fail(job&, const error& why, store_time now);
  const job* end(job&, job_state, store_time now);

  /// The oldest first.
  std::deque<job> all_;
  std::uint64_t last_id_ = 0;
};

const char* to_string(job_kind) noexcept;
const char* to_string(job_state) noexcept;

} // namespace sluice
