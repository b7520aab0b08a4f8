#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// A producer that waits for its events to be stored. It is answered exactly once: later answers are ignored, and the
/// destructor answers that the system stopped.
class requester {
public:
  /// Calls `answer` with null once `stored` has been called for so many events, or with the first error.
  explicit requester(std::function<void(const error*)> answer, std::size_t events = 1)
      : answer_{std::move(answer)}, events_{events} {}

  requester(const requester&) = delete;
  requester& operator=(const requester&) = delete;
  ~requester() { failed({errc::closed, "", "the system stopped before it had stored what it was sent"}); }

  bool answered() const noexcept { return !answer_; }

  /// One event is stored.
  void stored() {
    if (events_ > 0 && --events_ == 0)
      finish(nullptr);
  }
  void failed(const error& why) { finish(&why); }

private:
  void finish(const error* why) {
    if (auto answer = std::exchange(answer_, nullptr))
      answer(why);
  }

  std::function<void(const error*)> answer_;
  /// Those that are not stored yet.
  std::size_t events_;
};

using requester_ptr = std::shared_ptr<requester>;

/// Separates two events in a request body. A JSON string has no raw newline, so a scan for newlines finds the events
/// again.
inline constexpr std::string_view event_separator = ",\n";

/// Encoded events in the order of acceptance, in one string as in a request body, so that memory is touched in whole
/// chunks, not event by event.
struct event_chunk {
  std::string bytes;
  /// Where each event ends, without its separator.
  std::vector<std::size_t> ends;
  /// The partition of each event, if they are divided by user.
  std::vector<std::uint8_t> partitions;
  /// The requesters, each with the index of its event in `ends`. One that waits for several events is there for each.
  std::vector<std::pair<std::uint32_t, requester_ptr>> waiting;

  std::size_t size() const noexcept { return ends.size(); }
  bool empty() const noexcept { return ends.empty(); }

  std::size_t begin_of(std::size_t i) const noexcept { return i == 0 ? 0 : ends[i - 1] + event_separator.size(); }
  std::size_t size_of(std::size_t i) const noexcept { return ends[i] - begin_of(i); }

  void append(std::string_view encoded, requester_ptr who) {
    if (!ends.empty())
      bytes += event_separator;
    bytes += encoded;
    ends.push_back(bytes.size());
    if (who)
      waiting.emplace_back(static_cast<std::uint32_t>(ends.size() - 1), std::move(who));
  }

  /// Appends the events of another chunk.
  void append(event_chunk&& more) {
    if (empty())
      return static_cast<void>(*this = std::move(more));
    if (more.empty())
      return;
    bytes += event_separator;
    const auto begin = bytes.size(), first = ends.size();
    bytes += more.bytes;
    for (const auto end : more.ends)
      ends.push_back(begin + end);
    partitions.insert(partitions.end(), more.partitions.begin(), more.partitions.end());
    for (auto& [index, who] : more.waiting)
      waiting.emplace_back(static_cast<std::uint32_t>(first + index), std::move(who));
  }
};

} // namespace sluice
