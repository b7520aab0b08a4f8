#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The queue of a process in a file or in Redis, as operators see and change it, over a connection of its own that is
/// made when somebody asks. A queue that has not answered is not asked again for a second: whoever asks meanwhile is
/// told at once what it said, so that those who ask do not wait for one another.
class looked_at_queue : public queue_admin {
public:
  explicit looked_at_queue(options settings);

  result<store_stats> stats() override;
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override;
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override;
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override;
  result<void> scrub() override;
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool) override;

private:
  template <class T, class F>
  result<T> ask(F what);

  const options settings_;
  std::unique_ptr<queue_admin> queue_;
  /// What it said when it did not answer, and when it is asked again.
  error no_answer_{};
  std::chrono::steady_clock::time_point ask_again_{};
};

} // namespace sluice
