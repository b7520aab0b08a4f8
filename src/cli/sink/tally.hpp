#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sluice {

/// A sink's verdict: `received == unique + duplicates + unjudged`.
struct sink_counts {
  std::uint64_t requests = 0;
  /// Accepted events, each counted as often as it arrived.
  std::uint64_t received = 0;
  /// Received events whose message id was new.
  std::uint64_t unique = 0;
  /// Received events whose message id had arrived before.
  std::uint64_t duplicates = 0;
  /// Received events that arrived when the tally could remember no more ids.
  std::uint64_t unjudged = 0;
  /// Unique events that arrived after one with a larger number. The number is the end of the message id, and is
  /// compared within the same prefix: `evt-7` is out of order if `evt-12` arrived before it.
  std::uint64_t out_of_order = 0;
  /// Requests whose events were not accepted because of a rule.
  std::uint64_t failed = 0;
  /// Requests that broke the contract.
  std::uint64_t broken = 0;
};

/// Returns `requests 3, received 20, …`.
std::string to_text(const sink_counts&);

/// Returns `{"requests":3,"received":20,…}`.
std::string to_json(const sink_counts&);

/// The most that a tally remembers. Past it, events are `unjudged`, or their order is not checked.
struct tally_limits {
  std::size_t ids = 10'000'000;
  std::size_t prefixes = 1'000'000;
  /// The bytes of ids and prefixes together.
  std::size_t bytes = std::size_t{1} << 30;
};

/// Counts the requests and events that reach a sink.
class sink_tally {
public:
  explicit sink_tally(tally_limits limits = {}) : limits_{limits} {}

  /// Returns the number of the request, from 1.
  std::uint64_t add_request() { return ++counts_.requests; }
  void add_failed() { ++counts_.failed; }
  void add_broken() { ++counts_.broken; }
  /// Counts the events of an accepted request by their message ids, in order.
  void add_events(const std::vector<std::string>& ids);

  const sink_counts& counts() const noexcept { return counts_; }

private:
  bool has_room_for(std::size_t bytes) const { return bytes_ + bytes <= limits_.bytes; }
  void judge_order(const std::string& id);

  tally_limits limits_;
  sink_counts counts_;
  std::unordered_set<std::string> seen_;
  /// The largest number of each prefix.
  std::unordered_map<std::string, std::uint64_t> largest_;
  std::size_t bytes_ = 0;
};

} // namespace sluice
