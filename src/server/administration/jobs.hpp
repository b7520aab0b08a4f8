#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
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

/// A job as its note has it, and the process that runs it, or ran it.
struct noted_job {
  job what;
  std::string process{};
};

/// `elsewhere`: another process of the queue runs it, or has it wait.
nlohmann::ordered_json json_of(const job&, bool elsewhere = false);

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

  /// The ids of jobs that changed hands.
  struct tended {
    std::vector<std::string> taken_over{}, lost{};
  };
  /// Gives a sign of life, looks at the jobs of other processes and, if it may, goes on with those of processes that
  /// give none.
  tended tend(queue_admin&, store_time now, clock::time_point at, bool may_take_over = true);

  /// Jobs of other processes that are not over, as their notes were when `tend` last looked; none while the queue does
  /// not answer. A process writes the note of its first job every two seconds or, at a low rate, with `tend`.
  std::vector<const job*> elsewhere() const;
  /// Such a job, as its note is now. Nothing if the queue has none of this id. Errors: those of the queue.
  static result<std::optional<job>> find_elsewhere(queue_admin&, const std::string& id);
  /// Has its process end such a job. It changes nothing more after two seconds and the page that is under way then.
  /// Returns the job, as cancelled; nothing if the queue has none of this id. Errors: those of the queue.
  result<std::optional<job>> cancel_elsewhere(queue_admin&, const std::string& id, store_time now);

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
  const job* lose(job&, queue_admin&, store_time now, clock::time_point at);
  const job* give_up(job&, queue_admin&, bool goes_on, store_time now);
  result<bool> write_note(job&, queue_admin&, clock::time_point at);
  static result<bool> remove_note(job&, queue_admin&);
  std::vector<std::string> give_up_lost(queue_admin&, const std::vector<noted_job>&, store_time now);
  std::vector<std::string> settle_own(queue_admin&, std::vector<noted_job>&);
  void look_at_others(std::vector<noted_job>, clock::time_point at);
  void take_over(queue_admin&, clock::time_point at, std::vector<std::string>& ids);
  void go_on_with(job);

  const std::string process_;
  /// Counts what is noted, so that no two notes are alike.
  std::uint64_t beat_ = 0;
  /// The oldest first, but for those of other processes, which come behind.
  std::deque<job> all_;
  /// A job of another process, and since when its note is as it is.
  struct seen_job {
    noted_job noted;
    clock::time_point since{};
  };
  /// By id.
  std::map<std::string, seen_job> seen_;
  /// Jobs that it wanted to take over when the queue gave no answer.
  std::set<std::string> taking_;
};

const char* to_string(job_kind) noexcept;
const char* to_string(job_state) noexcept;

} // namespace sluice
