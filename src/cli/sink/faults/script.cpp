#include "cli/sink/faults/script.hpp"

namespace sluice {

namespace {

// The output function of SplitMix64: a hash, the same on every machine.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  return x ^ x >> 31U;
}

// Returns a number that is uniform in [0, 1).
double unit_random(std::uint64_t seed, std::uint64_t rule, std::uint64_t number) {
  return static_cast<double>(mix(mix(mix(seed) + rule) + number) >> 11U) * 0x1p-53;
}

} // namespace

const fault_rule* fault_script::match(bool handshake, std::uint64_t number,
                                      std::chrono::milliseconds since_start) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& when = rules_[i].when;
    if (rules_[i].cuts_handshake == handshake && number >= when.first && number <= when.last &&
        since_start >= when.after && since_start < when.until && unit_random(seed_, i, number) < when.rate)
      return &rules_[i];
  }
  return nullptr;
}

fault fault_script::on_request(std::uint64_t number, std::chrono::milliseconds since_start) const {
  const auto* rule = match(false, number, since_start);
  return rule ? rule->effect : fault{};
}

bool fault_script::cuts_handshake(std::uint64_t number, std::chrono::milliseconds since_start) const {
  return match(true, number, since_start) != nullptr;
}

} // namespace sluice
