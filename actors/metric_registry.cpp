#include "actors/metric_registry.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace sluice {

void metric_registry::begin(std::string_view name, metric_type type, std::string_view help) {
  constexpr std::string_view prefix = "sluice_", suffix = "_total";
  name.remove_prefix(prefix.size());
  if (type == metric_type::counter)
    name.remove_suffix(suffix.size());
  name_ = name;
  help_ = help;
  type_ = type;
}

void metric_registry::value(const metric_label& label, std::uint64_t number) {
  if (type_ == metric_type::counter)
    raise(name_, label, true, static_cast<double>(number));
  else
    compat::set_gauge(system_, name_, label.name, label.value, help_, static_cast<double>(number));
}

void metric_registry::values(const duration_histogram& h) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= h.ends.size(); ++i) {
    below += h.in(i);
    std::array<char, 24> end{"+Inf"};
    if (i < h.ends.size())
      std::snprintf(end.data(), end.size(), "%g", std::chrono::duration<double>(h.ends[i]).count());
    raise(name_ + "_bucket", {"le", end.data()}, false, static_cast<double>(below));
  }
  raise(name_ + "_sum", {}, false, static_cast<double>(h.sum()) / 1e6);
  raise(name_ + "_count", {}, false, static_cast<double>(below));
}

void metric_registry::raise(const std::string& name, const metric_label& label, bool is_total, double to) {
  auto& added = added_[name + '=' + std::string{label.value}];
  compat::add_to_counter(system_, name, label.name, label.value, help_, is_total, to - added);
  added = to;
}

} // namespace sluice
