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
  /// Events that were taken, each as often as it came.
  std::uint64_t received = 0;
  /// Of them, those whose message id came for the first time …
  std::uint64_t unique = 0;
  /// … those whose message id had come before …
  std::uint64_t duplicates = 0;
  /// … and those that came when as many ids as may be remembered were, so that nobody knows.
  std::uint64_t unjudged = 0;
  /// Of the unique ones, those that came after one with a larger number. The number is what the message id ends in, and
  /// is compared with those behind the same prefix: `evt-7` is out of order if `evt-12` came before it.
  std::uint64_t out_of_order = 0;
  /// Requests whose events were not taken, on purpose …
  std::uint64_t failed = 0;
  /// … and because they broke the contract.
  std::uint64_t broken = 0;
};

/// `requests 3, received 20, …`
std::string to_text(const sink_counts&);

/// `{"requests":3,"received":20,…}`
std::string to_json(const sink_counts&);

/// What a tally remembers at most. Past it, events are `unjudged`, or no longer looked at for their order.
struct tally_limits {
  std::size_t ids = 10'000'000;
  std::size_t prefixes = 1'000'000;
  /// Of ids and prefixes together.
  std::size_t bytes = std::size_t{1} << 30;
};

/// Counts what reaches a sink.
class sink_tally {
public:
  explicit sink_tally(tally_limits limits = {}) : limits_{limits} {}

  /// Gives the number of the request, from 1.
  std::uint64_t add_request() { return ++counts_.requests; }
  void add_failed() { ++counts_.failed; }
  void add_broken() { ++counts_.broken; }
  /// The message ids of a request whose events are taken, in order.
  void add_events(const std::vector<std::string>& ids);

  const sink_counts& counts() const noexcept { return counts_; }

private:
  bool has_room_for(std::size_t bytes) const { return bytes_ + bytes <= limits_.bytes; }
  void judge_order(const std::string& id);

  tally_limits limits_;
  sink_counts counts_;
  std::unordered_set<std::string> seen_;
  /// The largest number behind each prefix.
  std::unordered_map<std::string, std::uint64_t> largest_;
  std::size_t bytes_ = 0;
};

} // namespace sluice
