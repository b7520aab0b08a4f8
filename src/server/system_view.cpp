#include "server/system_view.hpp"

#include "core/delivery/health_words.hpp"

namespace sluice {

std::vector<std::string> why_not_ready(const system_view& v) {
  std::vector<std::string> reasons;
  if (!v.intake_is_open)
    reasons.emplace_back("the intake is closed: the system is shutting down");
  if (v.system.depth >= v.capacity)
    reasons.push_back("the buffer is full: " + std::to_string(v.system.depth) + " events are in it");
  if (!v.store_error.empty())
    reasons.push_back("the store does not answer: " + v.store_error);
  return reasons;
}

std::vector<std::string> notes_on(const system_view& v) {
  std::vector<std::string> notes;
  const bool queue_is_paused = v.queue && v.queue->paused;
  if (queue_is_paused || v.system.paused)
    notes.emplace_back(paused_words);
  if (!v.system.suspended.empty())
    notes.push_back(suspended_words(v.system.suspended));
  else if (!v.system.last_failure.empty())
    notes.push_back("last failure: " + v.system.last_failure);
  return notes;
}

} // namespace sluice
