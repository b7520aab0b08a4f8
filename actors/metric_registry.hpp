#pragma once

#include <map>
#include <string>

#include "core/metrics/process_metrics.hpp"
#include "sluice/detail/caf_compat.hpp"

namespace sluice {

/// Brings the metrics of a system into the registry of its actor system, where CAF has one. The counters of systems
/// that share an actor system add up in it; of gauges it has those of the one that was heard of last. For use by one
/// thread.
class metric_registry : public metric_visitor {
public:
  explicit metric_registry(caf::actor_system& system) : system_{system} {}

  void begin(std::string_view name, metric_type, std::string_view help) override;
  void value(const metric_label&, std::uint64_t) override;
  /// As counters of their own, named as Prometheus names the parts of a histogram.
  void values(const duration_histogram&) override;

private:
  void raise(const std::string& name, const metric_label&, bool is_total, double to);

  caf::actor_system& system_;
  std::string name_, help_;
  metric_type type_{};
  /// What this system has added to each counter.
  std::map<std::string, double> added_;
};

} // namespace sluice
