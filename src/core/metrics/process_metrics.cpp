#include "core/metrics/process_metrics.hpp"

#include <utility>

#include "sluice/version.hpp"

namespace sluice {

namespace {

void show_events(const counts& c, metric_visitor& to) {
  to.begin("sluice_events_total", metric_type::counter, "Events of this process by what became of them.");
  const std::pair<const char*, std::uint64_t> outcomes[] = {{"accepted", c.accepted},
                                                            {"rejected", c.rejected},
                                                            {"stored", c.stored},
                                                            {"delivered", c.delivered},
                                                            {"dead", c.dead},
                                                            {"recovered", c.recovered},
                                                            {"ended_elsewhere", c.ended_elsewhere},
                                                            {"lost", c.lost}};
  for (const auto& [outcome, events] : outcomes)
    to.value({"outcome", outcome}, events);
  to.begin("sluice_failed_attempts_total", metric_type::counter, "Attempts to deliver a batch that failed.");
  to.value({}, c.failed_attempts);
}

template <class Kinds>
void show_kinds(const kind_counts<Kinds>& counted, std::string_view label, metric_visitor& to) {
  for (std::size_t kind = 0; kind < Kinds::names.size(); ++kind)
    to.value({label, Kinds::names[kind]}, counted.with(kind));
}

} // namespace

void show_process_metrics(const system_stats& s, std::uint64_t capacity, const meters& m, metric_visitor& to) {
  show_events(s.totals, to);
  to.begin("sluice_buffer_events", metric_type::gauge, "Events in the buffer.");
  to.value({}, s.depth);
  to.begin("sluice_buffer_capacity_events", metric_type::gauge, "The most events that the buffer may hold.");
  to.value({}, capacity);
  to.begin("sluice_buffer_bytes", metric_type::gauge, "Bytes of the events in the buffer.");
  to.value({}, s.depth_bytes);
  to.begin("sluice_accepted_to_stored_seconds", metric_type::histogram, "How long events waited to be stored.");
  to.values(m.accepted_to_stored);
  to.begin("sluice_accepted_to_delivered_seconds", metric_type::histogram,
           "How long events waited until their delivery was recorded.");
  to.values(m.accepted_to_delivered);
  to.begin("sluice_deliveries_total", metric_type::counter, "Recorded attempts by the status of the answer.");
  show_kinds(m.deliveries, "status", to);
  to.begin("sluice_delivery_duration_seconds", metric_type::histogram, "How long attempts to deliver a batch took.");
  to.values(m.delivery_duration);
  to.begin("sluice_store_errors_total", metric_type::counter, "Units of work that failed.");
  show_kinds(m.store_errors, "kind", to);
  to.begin("sluice_destination_health", metric_type::gauge,
           "1 while deliveries flow, 0 while they are suspended or paused.");
  to.value({}, std::uint64_t{s.suspended.empty() && !s.paused});
  to.begin("sluice_actor_restarts_total", metric_type::counter, "Actors that failed and were started again.");
  show_kinds(m.restarts, "actor", to);
  to.begin("sluice_build_info", metric_type::gauge, "1, with the version.");
  to.value({"version", SLUICE_VERSION_STRING}, std::uint64_t{1});
}

} // namespace sluice
