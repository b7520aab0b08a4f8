#include "core/persistence/queue_pause.hpp"

#include <algorithm>
#include <utility>

#include "core/delivery/health_words.hpp"

namespace sluice {

std::optional<std::string> queue_pause::applied(const unit_of_work& unit, const work_done& done) {
  auto& p = partitions_.at(unit.partition);
  if (unit.pause == p.wanted)
    p.wanted.reset();
  if (unit.pause == false)
    guard_.reset();
  const bool was_tripped = guard_.tripped();
  for (std::size_t i = 0; i < unit.settlements.size(); ++i) {
    guard_.note(unit.settlements[i], done.settled[i]);
    if (guard_.tripped() && !was_tripped && !done.paused)
      return trip(std::get<bury>(unit.settlements[i]).why);
  }
  if (p.wanted) // what is wanted has not been done yet
    return std::nullopt;
  p.paused = done.paused;
  const bool paused = std::any_of(partitions_.begin(), partitions_.end(), [](const one& x) { return x.paused; });
  if (std::exchange(paused_, paused) == paused)
    return std::nullopt;
  if (paused_)
    return "the queue is paused; resume ends the pause";
  guard_.reset();
  return "";
}

bool queue_pause::note_resume(const unit_of_work& unit, const work_done& done) {
  const auto before = std::exchange(partitions_.at(unit.partition).resumed, done.resumed);
  if (!before || !done.resumed || *before == done.resumed)
    return false;
  for (auto& p : partitions_)
    if (p.wanted == true) // a partition that is away must not pause the queue again when it is back
      p = {.resumed = p.resumed};
  guard_.reset();
  return true;
}

void queue_pause::want(bool paused) noexcept {
  for (auto& p : partitions_)
    p.wanted = paused;
}

std::optional<std::string> queue_pause::trip(const failure_note& last) {
  paused_ = true;
  for (auto& p : partitions_)
    p.paused = true;
  want(true);
  return std::to_string(most_burials_) +
         " batches in a row are dead, with no delivery in between, the last because of: " + last.reason +
         std::string{guard_ending};
}

} // namespace sluice
