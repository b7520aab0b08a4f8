#include "simulation/process.hpp"

#include <algorithm>
#include <utility>

namespace sluice::test {

namespace {

constexpr milliseconds long_time{3'600'000};

} // namespace

void process::live_until(milliseconds now) {
  if (waits || now < stopped_until)
    return;
  const auto passed = now - std::exchange(lived, now);
  if (std::exchange(stopped_until, milliseconds{0}) > milliseconds{0})
    sim->skip(passed);
  else
    sim->advance(passed);
  sim->run();
}

void process::wait_until(milliseconds now) {
  if (sim)
    sim->skip(now - std::exchange(lived, now));
}

milliseconds process::until_due(milliseconds now) const {
  if (waits)
    return long_time;
  if (now < stopped_until)
    return stopped_until - now;
  const auto due = sim->scheduler().next_due();
  return due ? std::chrono::ceil<milliseconds>(*due - sim->scheduler().now()) - (now - lived) : long_time;
}

void process::note_forgotten(const std::set<std::string>& ids, milliseconds now) {
  for (const auto& id : ids)
    if (owes.accepted.contains(id)) {
      owes.forgotten.insert(id);
      just_forgotten_.insert(id);
      forgot_at_ = now;
    }
}

const account& process::count() {
  if (const auto looked = way->looked_at(); looked && looked->time_since_epoch() > forgot_at_)
    just_forgotten_.clear();
  owes.totals = sim->totals();
  return owes;
}

void process::note_end(bool in_order) {
  owes.promised.insert(notes.stored.begin(), notes.stored.end());
  if (in_order)
    count();
  const auto& unnoticed = in_order ? just_forgotten_ : owes.forgotten;
  owes.forgotten_unnoticed.insert(unnoticed.begin(), unnoticed.end());
}

} // namespace sluice::test
