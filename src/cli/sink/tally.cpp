#include "cli/sink/tally.hpp"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace sluice {

std::string to_text(const sink_counts& c) {
  const auto unjudged = c.unjudged > 0 ? ", unjudged " + std::to_string(c.unjudged) : "";
  return "requests " + std::to_string(c.requests) + ", received " + std::to_string(c.received) + ", unique " +
         std::to_string(c.unique) + ", duplicates " + std::to_string(c.duplicates) + unjudged + ", out of order " +
         std::to_string(c.out_of_order) + ", failed " + std::to_string(c.failed) + ", broken " +
         std::to_string(c.broken);
}

std::string to_json(const sink_counts& c) {
  const nlohmann::ordered_json json{
      {"requests", c.requests}, {"received", c.received},         {"unique", c.unique}, {"duplicates", c.duplicates},
      {"unjudged", c.unjudged}, {"out_of_order", c.out_of_order}, {"failed", c.failed}, {"broken", c.broken}};
  return json.dump();
}

void sink_tally::add_events(const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    ++counts_.received;
    if (seen_.count(id) != 0) {
      ++counts_.duplicates;
    } else if (seen_.size() >= limits_.ids || !has_room_for(id.size())) {
      ++counts_.unjudged;
    } else {
      ++counts_.unique;
      bytes_ += id.size();
      seen_.insert(id);
      judge_order(id);
    }
  }
}

void sink_tally::judge_order(const std::string& id) {
  const auto digits = id.find_last_not_of("0123456789") + 1; // 0 if there are only digits
  std::uint64_t number = 0;
  // Fails if there are no digits, or more than the number holds.
  if (std::from_chars(id.data() + digits, id.data() + id.size(), number).ec != std::errc{})
    return;
  const auto prefix = id.substr(0, digits);
  if (const auto known = largest_.find(prefix); known != largest_.end()) {
    counts_.out_of_order += number < known->second ? 1 : 0;
    known->second = std::max(known->second, number);
  } else if (largest_.size() < limits_.prefixes && has_room_for(prefix.size())) {
    bytes_ += prefix.size();
    largest_.emplace(prefix, number);
  }
}

} // namespace sluice
