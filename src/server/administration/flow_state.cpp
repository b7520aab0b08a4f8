#include "server/administration/flow_state.hpp"

#include <string_view>

#include "core/delivery/health_words.hpp"

namespace sluice {

namespace {

bool has_work(const system_view& v) {
  if (v.queue)
    return v.system.depth > 0 || v.queue->ready + v.queue->in_flight + v.queue->retry > 0;
  return v.system.totals.waiting > 0;
}

} // namespace

const char* to_string(flow_state s) noexcept {
  switch (s) {
  case flow_state::idle:
    return "idle";
  case flow_state::flowing:
    return "flowing";
  case flow_state::unavailable:
    return "unavailable";
  case flow_state::misconfigured:
    return "misconfigured";
  case flow_state::paused:
    return "paused";
  case flow_state::paused_by_guard:
    return "paused_by_guard";
  case flow_state::store_failed:
    return "store_failed";
  case flow_state::stopping:
    return "stopping";
  }
  return "";
}

flow_state state_of(const system_view& v) {
  const std::string_view why = v.system.suspended;
  if (!v.intake_is_open)
    return flow_state::stopping;
  if (!v.store_error.empty())
    return flow_state::store_failed;
  if (why.ends_with(guard_ending))
    return flow_state::paused_by_guard;
  if (v.system.paused || (v.queue && v.queue->paused))
    return flow_state::paused;
  if (why.ends_with(misconfigured_ending))
    return flow_state::misconfigured;
  if (why.ends_with(unavailable_ending))
    return flow_state::unavailable;
  if (!why.empty()) // the queue was paused a moment ago, or is about to be
    return flow_state::paused;
  return has_work(v) ? flow_state::flowing : flow_state::idle;
}

const char* destination_health(const system_stats& s) {
  const std::string_view why = s.suspended;
  return why.ends_with(misconfigured_ending) ? "misconfigured"
         : why.ends_with(unavailable_ending) ? "unavailable"
                                             : "healthy";
}

std::string words_of(const system_view& v) {
  const auto state = state_of(v);
  switch (state) {
  case flow_state::idle:
    return "there is nothing to deliver";
  case flow_state::flowing:
    return "deliveries go on";
  case flow_state::paused:
    return paused_words;
  case flow_state::store_failed:
    return "the store does not answer: " + v.store_error;
  case flow_state::stopping:
    return "the system is shutting down";
  default:
    return suspended_words(v.system.suspended);
  }
}

} // namespace sluice
