#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// A replay or a purge of dead letters, a page at a time, so that deliveries need not wait for all of it.
class dead_change {
public:
  using operation = result<std::uint64_t> (queue_admin::*)(const std::vector<std::string>& ids);

  /// `ids`: of these; empty: of all that are dead when the first page is changed.
  dead_change(operation what, std::vector<std::string> ids) : what_{what}, ids_{std::move(ids)}, all_{ids_.empty()} {}

  /// Changes the next page. Returns the events of all pages once this was the last, and nothing before.
  result<std::optional<std::uint64_t>> next(queue_admin&);

private:
  result<void> find_page(queue_admin&);

  operation what_;
  /// What is to be changed next: of all, the page at hand.
  std::vector<std::string> ids_;
  bool all_;
  std::uint64_t changed_ = 0;
  /// Of all: where the next page begins, how many events have been listed, and how many were dead at the beginning.
  std::string after_;
  std::uint64_t listed_ = 0;
  std::optional<std::uint64_t> dead_before_;
};

} // namespace sluice
