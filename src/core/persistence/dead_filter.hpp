#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// Selects dead letters.
struct dead_filter {
  std::vector<std::string> ids{};
  /// The last HTTP status; 0: no response; -1: any.
  int status = -1;
  /// A part of the reason.
  std::string reason{};
  /// 0: any age.
  std::chrono::milliseconds older_than{0};
  std::chrono::milliseconds younger_than{0};
  /// The name of a track event in the batch.
  std::string event{};
  /// The user id or the anonymous id of an event in the batch. If `event` is set, too, of the same event.
  std::string user{};

  /// Returns whether the filter has no condition, so that it selects every dead letter.
  bool empty() const;
  /// Returns whether the filter looks at events, which a listing does not have.
  bool asks_for_events() const { return !event.empty() || !user.empty(); }
  /// Returns whether a dead letter is selected, as far as the listing says.
  bool matches(const dead_letter&, store_time now) const;
  /// Returns whether an event of the payload is selected.
  bool matches_events(const std::string& payload) const;
};

} // namespace sluice
