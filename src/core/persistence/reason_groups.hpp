#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "sluice/store.hpp"

namespace sluice {

/// Returns a reason with its numbers as `<n>` and its ids as `<id>`, so that reasons that differ in these are alike.
std::string reason_pattern(std::string_view reason);

/// Dead letters by status and reason.
class reason_groups {
public:
  /// The most groups that are told apart, and the most that are listed.
  static constexpr std::size_t most_told_apart = 10'000;
  static constexpr std::size_t most_listed = 100;

  void add(const dead_letter&);
  /// Whether another group might be too many.
  bool is_full() const noexcept { return groups_.size() >= most_told_apart; }
  /// Returns the largest groups as JSON, and how many there are besides.
  std::pair<nlohmann::ordered_json, std::size_t> largest() const;

private:
  struct group {
    std::uint64_t letters = 0, events = 0;
    store_time oldest{}, newest{};
  };

  std::map<std::pair<int, std::string>, group> groups_;
};

} // namespace sluice
