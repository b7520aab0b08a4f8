#include "core/persistence/queue_pause.hpp"

#include <utility>

namespace sluice {

std::optional<std::string> queue_pause::applied(const unit_of_work& unit, const work_done& done) {
  if (unit.pause == wanted_)
    wanted_.reset();
  if (unit.pause == false)
    guard_.reset();
  const bool was_tripped = guard_.tripped();
  for (std::size_t i = 0; i < unit.settlements.size(); ++i) {
    guard_.note(unit.settlements[i], done.settled[i]);
    if (guard_.tripped() && !was_tripped && !done.paused)
      return trip(std::get<bury>(unit.settlements[i]).why);
  }
  if (wanted_ || done.paused == paused_) // what is wanted has not been done yet
    return std::nullopt;
  paused_ = done.paused;
  if (paused_)
    return "the queue is paused; resume ends the pause";
  guard_.reset();
  return "";
}

bool queue_pause::note_resume(const work_done& done) {
  const auto before = std::exchange(resumed_, done.resumed);
  return before && done.resumed && *before != done.resumed;
}

std::optional<std::string> queue_pause::trip(const failure_note& last) {
  paused_ = true;
  wanted_ = true;
  return std::to_string(most_burials_) +
         " batches in a row are dead, with no delivery in between, the last because of: " + last.reason +
         "; the queue is paused and nothing more is buried: look at the dead letters, then resume";
}

} // namespace sluice
