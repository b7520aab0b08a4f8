#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  /// Whose events are to be erased, and for how long later ones are kept out, from the moment when this is asked for.
  erased_user who{};
  std::chrono::milliseconds block_for{0};
  /// Who wants it: the name of a token; empty if it has none.
  std::string by{};
};

/// A replay or a purge of dead letters, or the erasure of a user.
struct job {
  std::string id{};
  job_order order{};
  job_state state = job_state::waiting;
  /// Why it has failed, or why it cannot go on just now.
  std::string failure{};
  /// What has been changed: dead letters, or batches that lost events of the user.
  std::uint64_t letters = 0, events = 0;
  /// When it was asked for, and when it ended.
  store_time began{};
  std::optional<store_time> ended{};
  dead_search search;
  /// The erasure that is under way, and when it gives up.
  std::unique_ptr<user_erasure> erasure{};
  std::chrono::steady_clock::time_point erase_until{};
  /// What an erasure has left, in words, once nothing but the overwriting is to be done. The ids of the user are
  /// forgotten by then.
  std::optional<std::string> left{};
  /// When its rate permits the next page; nothing: at once.
  std::optional<std::chrono::steady_clock::time_point> due{};
  /// The text of its note in the queue, and the text that may have taken its place: the queue has not answered yet.
  std::string note{}, tried{};
  /// When the note was written.
  std::chrono::steady_clock::time_point noted{};

  bool is_over() const noexcept { return state != job_state::waiting && state != job_state::running; }
};

nlohmann::ordered_json json_of(const job&);

/// The replays, purges and erasures of a server: one runs at a time, a page after the other, and the others wait. The
/// queue has a note of each that is not over. Those of a process change as long as it lives; when they have not changed
/// for a while, another process of the queue goes on with its jobs. It has no clock and does nothing by itself.
class jobs {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t most_waiting = 16;
  static constexpr std::size_t most_ended = 20;
  /// The jobs of a process whose notes have not changed for so long are taken over. `tend` must be called at least
  /// twice meanwhile.
  static constexpr std::chrono::seconds longest_silence{25};

  /// `process`: what no other process of the queue is called.
  explicit jobs(std::string process) : process_{std::move(process)} {}

  /// Adds a job behind the others, with an id that no other job of the queue has, and blocks its user, if that is
  /// wanted. Null: too many wait. Errors: those of the queue.
  result<const job*> add(queue_admin&, std::string id, job_order, store_time now, clock::time_point at);
  const job* find(const std::string& id) const;
  const std::deque<job>& all() const noexcept { return all_; }
  /// Ends a job that is not over. Null if there is none, or if it is over. It may have failed, because another process
  /// goes on with it. Errors: those of the queue; the job goes on then.
  result<const job*> cancel(queue_admin&, const std::string& id, store_time now);

  /// Gives a sign of life, and goes on with the jobs of processes that give none. Returns the ids of these.
  std::vector<std::string> tend(queue_admin&, store_time now, clock::time_point at);

  /// When the next page is due; nothing if there is no job.
  std::optional<clock::time_point> due(clock::time_point now) const;
  /// Changes the next page, if it is due. Returns the job if it has ended. While the queue does not answer, the job
  /// waits.
  const job* step(queue_admin&, store_time now, clock::time_point at);

private:
  std::size_t waiting() const;
  const job* change_some(job&, queue_admin&, store_time now, clock::time_point at);
  const job* erase_some(job&, queue_admin&, store_time now, clock::time_point at);
  const job* scrub(job&, queue_admin&, store_time now);
  const job* wait_or_fail(job&, queue_admin&, const error& why, store_time now, clock::time_point at);
  const job* fail(job&, queue_admin&, std::string why, store_time now);
  const job* end(job&, queue_admin&, job_state, store_time now);
  const job* lose(job&, queue_admin&, store_time now);
  result<bool> write_note(job&, queue_admin&, clock::time_point at);
  static result<bool> remove_note(job&, queue_admin&);
  std::vector<std::string> take_over(queue_admin&, const std::vector<queue_note>&, clock::time_point at);

  const std::string process_;
  /// Counts what is noted, so that no two notes are alike.
  std::uint64_t beat_ = 0;
  /// The oldest first, but for those of other processes, which come behind.
  std::deque<job> all_;
  /// Notes of other processes, and since when they are as they are.
  struct seen_note {
    std::string text{};
    clock::time_point since{};
  };
  std::map<std::string, seen_note> seen_;
};

const char* to_string(job_kind) noexcept;
const char* to_string(job_state) noexcept;

} // namespace sluice
