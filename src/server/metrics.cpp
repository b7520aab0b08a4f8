#include "server/metrics.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "core/metrics/process_metrics.hpp"

namespace sluice {

namespace {

const char* name_of(metric_type type) {
  switch (type) {
  case metric_type::counter:
    return "counter";
  case metric_type::gauge:
    return "gauge";
  case metric_type::histogram:
    break;
  }
  return "histogram";
}

// Writes metrics in Prometheus's text format, each with its help and type in front.
class metrics_writer : public metric_visitor {
public:
  void begin(std::string_view name, metric_type type, std::string_view help) override {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    text_.append(name_of(type)).append("\n");
  }
  void value(const metric_label& label, std::uint64_t number) override { line("", label, std::to_string(number)); }
  void value(const metric_label& label, double number) { line("", label, written("%.3f", number)); }
  void values(const duration_histogram& h) override {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= h.ends.size(); ++i) {
      below += h.in(i);
      const auto end = i < h.ends.size() ? written("%g", std::chrono::duration<double>(h.ends[i]).count()) : "+Inf";
      line("_bucket", {"le", end}, std::to_string(below));
    }
    line("_sum", {}, written("%.6f", static_cast<double>(h.sum()) / 1e6));
    line("_count", {}, std::to_string(below));
  }
  std::string take() { return std::move(text_); }

private:
  static std::string written(const char* format, double number) {
    std::array<char, 48> digits{};
    std::snprintf(digits.data(), digits.size(), format, number);
    return digits.data();
  }
  void line(const char* suffix, const metric_label& label, const std::string& number) {
    text_.append(name_).append(suffix);
    if (!label.name.empty())
      text_.append("{").append(label.name).append("=\"").append(label.value).append("\"}");
    text_.append(" ").append(number).append("\n");
  }

  std::string_view name_;
  std::string text_;
};

void show_queue(const store_stats& s, metrics_writer& to) {
  to.begin("sluice_queue_events", metric_type::gauge, "Events in the queue, of all processes, by state.");
  const std::pair<const char*, std::uint64_t> states[] = {
      {"ready", s.ready}, {"in_flight", s.in_flight}, {"retry", s.retry}, {"dead", s.dead}};
  for (const auto& [state, events] : states)
    to.value({"state", state}, events);
  const auto age = [](const std::optional<store_time>& since) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return since && now > *since ? std::chrono::duration<double>(now - *since).count() : 0.0;
  };
  to.begin("sluice_queue_oldest_age_seconds", metric_type::gauge,
           "Age of the oldest batch in a state; 0 if there is none.");
  to.value({"state", "ready"}, age(s.oldest_ready));
  to.value({"state", "dead"}, age(s.oldest_dead));
  to.begin("sluice_queue_paused", metric_type::gauge, "1 while an operator or the burial guard has paused the queue.");
  to.value({}, std::uint64_t{s.paused});
}

} // namespace

std::string metrics_text(const system_view& v, const meters& m, const request_counts& requests) {
  metrics_writer out;
  show_process_metrics(v.system, v.capacity, m, out);
  out.begin("sluice_requests_total", metric_type::counter, "Requests of clients by the status of the answer.");
  for (std::size_t i = 0; i < request_counts::statuses.size(); ++i)
    out.value({"status", std::to_string(request_counts::statuses[i])}, requests.with(i));
  if (v.queue)
    show_queue(*v.queue, out);
  out.begin("sluice_ready", metric_type::gauge, "1 while /readyz answers that the system is ready.");
  out.value({}, std::uint64_t{why_not_ready(v).empty()});
  return out.take();
}

} // namespace sluice
