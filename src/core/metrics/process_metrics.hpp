#pragma once

#include <cstdint>
#include <string_view>

#include "core/metrics/meters.hpp"
#include "sluice/reports.hpp"

namespace sluice {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

/// A label with its value; empty: none.
struct metric_label {
  std::string_view name{}, value{};
};

/// Is shown metrics one after the other. Names are those of Prometheus.
class metric_visitor {
public:
  virtual ~metric_visitor() = default;

  /// The values that follow are of this metric.
  virtual void begin(std::string_view name, metric_type, std::string_view help) = 0;
  virtual void value(const metric_label&, std::uint64_t) = 0;
  virtual void values(const duration_histogram&) = 0;
};

/// Shows what this process knows of itself, without a look at the queue. `capacity`: the bound of the buffer.
void show_process_metrics(const system_stats&, std::uint64_t capacity, const meters&, metric_visitor&);

} // namespace sluice
