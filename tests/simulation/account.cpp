#include "simulation/account.hpp"

#include <algorithm>
#include <vector>

namespace sluice::test {

namespace {

// No count of a run comes near to this; one that has passed below zero does.
constexpr std::uint64_t wrapped = std::uint64_t{1} << 32;

std::string whose(const account& a) {
  return "process " + std::to_string(a.number);
}

} // namespace

std::optional<std::string> check_balance(const account& a) {
  const counts& c = a.totals;
  if (std::max({c.accepted, c.rejected, c.stored, c.delivered, c.dead, c.recovered, c.ended_elsewhere, c.lost,
                c.waiting, c.in_store, c.retrying}) > wrapped)
    return "a count of " + whose(a) + " has passed below zero";
  if (c.accepted + c.recovered != c.delivered + c.dead + c.ended_elsewhere + c.lost + c.waiting)
    return "the counts of " + whose(a) + " do not add up";
  if (c.lost > a.forgotten.size())
    return whose(a) + " counts " + std::to_string(c.lost) + " events as lost; the store has forgotten " +
           std::to_string(a.forgotten.size());
  return std::nullopt;
}

std::optional<std::string> check_promises(const account& a, const whereabouts& where) {
  std::vector<std::string> missing;
  for (const auto& id : a.promised)
    if (!where.has(id) && !a.forgotten_unnoticed.contains(id))
      missing.push_back(id);
  // A process hears only how many of its events others have ended, so one that was counted twice hides another one.
  const auto hidden = std::count_if(a.accepted.begin(), a.accepted.end(),
                                    [&](const std::string& id) { return where.ended_twice.contains(id); });
  if (missing.size() <= a.totals.lost + static_cast<std::size_t>(hidden))
    return std::nullopt;
  return "event " + missing.back() + " is lost, as are " + std::to_string(missing.size()) + " of " + whose(a) +
         ", which counts " + std::to_string(a.totals.lost);
}

std::optional<std::string> check_report(const shutdown_report& r) {
  if (std::max({r.accepted, r.rejected, r.delivered, r.dead, r.recovered, r.stored, r.lost, r.ended_elsewhere}) >
      wrapped)
    return "a count of a shutdown report has passed below zero";
  if (r.accepted + r.recovered != r.delivered + r.dead + r.ended_elsewhere + r.stored + r.lost)
    return "the shutdown report does not add up";
  return std::nullopt;
}

} // namespace sluice::test
