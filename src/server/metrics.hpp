#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/metrics/meters.hpp"
#include "server/system_view.hpp"

namespace sluice {

/// How many requests were answered with each status. Any thread.
class request_counts {
public:
  static constexpr std::array<int, 9> statuses{200, 400, 401, 404, 405, 413, 415, 429, 503};

  void count(int status) noexcept {
    for (std::size_t i = 0; i < statuses.size(); ++i)
      if (statuses[i] == status)
        counts_[i].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t with(std::size_t i) const noexcept { return counts_[i].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, statuses.size()> counts_{};
};

/// Returns the metrics of a system in Prometheus's text format; docs/operations.md says what each means.
std::string metrics_text(const system_view&, const meters&, const request_counts&);

} // namespace sluice
