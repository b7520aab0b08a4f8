#include "server/metrics.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <iterator>

#include "sluice/version.hpp"

namespace sluice {

namespace {

// Writes metrics one after the other, each with its help and type in front.
class metrics_writer {
public:
  void begin(const char* name, const char* type, const char* help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    text_.append(type).append("\n");
  }
  void value(const std::string& labels, std::uint64_t number) { line(labels, std::to_string(number)); }
  void value(const std::string& labels, double number) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.3f", number);
    line(labels, digits.data());
  }
  void histogram(const char* name, const char* help, const duration_histogram& h) {
    begin(name, "histogram", help);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= h.ends.size(); ++i) {
      below += h.in(i);
      std::array<char, 48> label{"le=\"+Inf\""};
      if (i < h.ends.size())
        std::snprintf(label.data(), label.size(), "le=\"%g\"", std::chrono::duration<double>(h.ends[i]).count());
      text_.append(name)
          .append("_bucket{")
          .append(label.data())
          .append("} ")
          .append(std::to_string(below))
          .append("\n");
    }
    std::array<char, 48> sum{};
    std::snprintf(sum.data(), sum.size(), "%.6f", static_cast<double>(h.sum()) / 1e6);
    text_.append(name).append("_sum ").append(sum.data()).append("\n");
    text_.append(name).append("_count ").append(std::to_string(below)).append("\n");
  }
  std::string take() { return std::move(text_); }

private:
  void line(const std::string& labels, const std::string& number) {
    text_.append(name_).append(labels.empty() ? "" : "{" + labels + "}").append(" ").append(number).append("\n");
  }

  const char* name_ = "";
  std::string text_;
};

std::string labelled(const char* name, const char* value) {
  return std::string{name} + "=\"" + value + "\"";
}

void write_events(metrics_writer& out, const counts& c) {
  out.begin("sluice_events_total", "counter", "Events of this process by what became of them.");
  const std::pair<const char*, std::uint64_t> outcomes[] = {{"accepted", c.accepted},
                                                            {"rejected", c.rejected},
                                                            {"stored", c.stored},
                                                            {"delivered", c.delivered},
                                                            {"dead", c.dead},
                                                            {"recovered", c.recovered},
                                                            {"ended_elsewhere", c.ended_elsewhere},
                                                            {"lost", c.lost}};
  for (const auto& [outcome, events] : outcomes)
    out.value(labelled("outcome", outcome), events);
  out.begin("sluice_failed_attempts_total", "counter", "Attempts to deliver a batch that failed.");
  out.value("", c.failed_attempts);
}

void write_queue(metrics_writer& out, const store_stats& s) {
  out.begin("sluice_queue_events", "gauge", "Events in the queue, of all processes, by state.");
  const std::pair<const char*, std::uint64_t> states[] = {
      {"ready", s.ready}, {"in_flight", s.in_flight}, {"retry", s.retry}, {"dead", s.dead}};
  for (const auto& [state, events] : states)
    out.value(labelled("state", state), events);
  const auto age = [](const std::optional<store_time>& since) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return since && now > *since ? std::chrono::duration<double>(now - *since).count() : 0.0;
  };
  out.begin("sluice_queue_oldest_age_seconds", "gauge", "Age of the oldest batch in a state; 0 if there is none.");
  out.value(labelled("state", "ready"), age(s.oldest_ready));
  out.value(labelled("state", "dead"), age(s.oldest_dead));
  out.begin("sluice_queue_paused", "gauge", "1 while an operator or the burial guard has paused the queue.");
  out.value("", std::uint64_t{s.paused});
}

} // namespace

std::string metrics_text(const system_view& v, const meters& m) {
  metrics_writer out;
  write_events(out, v.system.totals);
  out.begin("sluice_buffer_events", "gauge", "Events in the buffer.");
  out.value("", v.system.depth);
  out.begin("sluice_buffer_capacity_events", "gauge", "The most events that the buffer may hold.");
  out.value("", v.capacity);
  out.begin("sluice_buffer_bytes", "gauge", "Bytes of the events in the buffer.");
  out.value("", v.system.depth_bytes);
  out.begin("sluice_requests_total", "counter", "Requests of clients by the status of the answer.");
  for (std::size_t i = 0; i < request_counts::statuses.size(); ++i)
    out.value(labelled("status", std::to_string(request_counts::statuses[i]).c_str()), m.requests.with(i));
  out.histogram("sluice_accepted_to_stored_seconds", "How long events of requests took until they were stored.",
                m.to_stored);
  out.begin("sluice_deliveries_total", "counter", "Recorded attempts by the status of the answer.");
  const char* const statuses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t digit = 0; digit < std::size(statuses); ++digit)
    out.value(labelled("status", statuses[digit]), m.deliveries.with(digit));
  if (v.queue)
    write_queue(out, *v.queue);
  out.begin("sluice_destination_health", "gauge", "1 while deliveries flow, 0 while they are suspended or paused.");
  out.value("", std::uint64_t{v.system.suspended.empty() && !v.system.paused});
  out.begin("sluice_ready", "gauge", "1 while /readyz answers that the system is ready.");
  out.value("", std::uint64_t{why_not_ready(v).empty()});
  out.begin("sluice_actor_restarts_total", "counter", "Actors that failed and were started again.");
  out.value("", v.system.restarts);
  out.begin("sluice_build_info", "gauge", "1, with the version.");
  out.value(labelled("version", SLUICE_VERSION_STRING), std::uint64_t{1});
  return out.take();
}

} // namespace sluice
