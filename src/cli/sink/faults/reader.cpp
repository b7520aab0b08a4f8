#include "cli/sink/faults/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "cli/sink/faults/rule_reader.hpp"
#include "core/event/json_reader.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_script_bytes = std::size_t{1} << 20;
constexpr std::size_t max_rules = 10'000;
constexpr std::size_t max_errors = 100;

} // namespace

read_faults parse_faults(std::string_view text) {
  const auto script = read_json(text, max_script_bytes);
  if (!script)
    return {.errors = {script.error()}};
  const auto rules = script->find("faults");
  if (!script->is_object() || script->size() != 1 || rules == script->end() || !rules->is_array() ||
      rules->size() > max_rules)
    return {.errors = {{errc::wrong_kind, "faults",
                        "an object with this one member, a list of at most " + std::to_string(max_rules) +
                            " rules, was expected"}}};
  read_faults all;
  for (const auto& rule : *rules) {
    all.rules.push_back(read_rule(rule, "faults[" + std::to_string(all.rules.size()) + "]", all.errors));
    if (all.errors.size() >= max_errors)
      break;
  }
  all.errors.resize(std::min(all.errors.size(), max_errors));
  return all;
}

read_faults load_faults(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  // Reads one byte more than the limit, which shows that the file is too large.
  std::string text(max_script_bytes + 1, '\0');
  if (!in || (in.read(text.data(), static_cast<std::streamsize>(text.size())), in.bad()))
    return {.errors = {{errc::invalid_option, "", "cannot be read: " + std::string{std::strerror(errno)}}}};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_faults(text);
}

} // namespace sluice
