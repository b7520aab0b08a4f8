#include "sluice/config.hpp"

#include <map>
#include <optional>

#include <caf/config_option_adder.hpp>
#include <caf/config_value.hpp>

#include "actors/handles.hpp"
#include "core/config/option_table.hpp"

namespace sluice {

namespace {

using caf::config_value;

template <class T>
std::optional<T> as_number(const config_value& v) {
  if (auto* n = caf::get_if<config_value::integer>(&v); n && *n >= 0)
    return static_cast<T>(*n);
  return std::nullopt;
}

// Each gives what it read, or nothing if the value is of another kind.
std::optional<std::string> read(const config_value& v, const std::string&) {
  auto* s = caf::get_if<std::string>(&v);
  return s ? std::optional{*s} : std::nullopt;
}
std::optional<bool> read(const config_value& v, bool) {
  auto* b = caf::get_if<bool>(&v);
  return b ? std::optional{*b} : std::nullopt;
}
std::optional<std::size_t> read(const config_value& v, std::size_t) {
  return as_number<std::size_t>(v);
}
std::optional<int> read(const config_value& v, int) {
  auto n = as_number<std::int64_t>(v);
  return n && *n <= 1'000'000'000 ? std::optional{static_cast<int>(*n)} : std::nullopt;
}
std::optional<double> read(const config_value& v, double) {
  if (auto* d = caf::get_if<config_value::real>(&v))
    return *d;
  return as_number<double>(v);
}
std::optional<milliseconds> read(const config_value& v, milliseconds) {
  auto* t = caf::get_if<caf::timespan>(&v);
  return t ? std::optional{std::chrono::duration_cast<milliseconds>(*t)} : std::nullopt;
}
template <class Enum>
requires std::is_enum_v<Enum> std::optional<Enum> read(const config_value& v, Enum e) {
  if (auto* s = caf::get_if<std::string>(&v))
    for (const auto& [word, value] : words_of(e))
      if (*s == word)
        return value;
  return std::nullopt;
}

std::string kind(const std::string&) {
  return "a text";
}
std::string kind(bool) {
  return "true or false";
}
std::string kind(std::size_t) {
  return "a whole number that is not negative";
}
std::string kind(int) {
  return "a whole number that is not negative";
}
std::string kind(double) {
  return "a number";
}
std::string kind(milliseconds) {
  return "a duration, as in 20s or 500ms";
}
template <class Enum>
requires std::is_enum_v<Enum> std::string kind(Enum e) {
  std::string all;
  for (const auto& [word, value] : words_of(e))
    all += (all.empty() ? "" : " or ") + std::string{word};
  return all;
}

// What CAF's own parser takes on the command line; durations in its spelling.
template <class T>
void declare(caf::config_option_adder& group, const std::string& name, const T&, const std::string& help) {
  if constexpr (std::is_same_v<T, milliseconds>)
    group.add<caf::timespan>(name, help);
  else if constexpr (std::is_enum_v<T>)
    group.add<std::string>(name, help);
  else
    group.add<T>(name, help);
}

// The group's content, nested groups as dotted names.
void flatten(const caf::settings& group, const std::string& prefix, std::map<std::string, config_value>& out) {
  for (const auto& [key, value] : group) {
    const std::string name = prefix + std::string{key.data(), key.size()};
    if (auto* nested = caf::get_if<caf::settings>(&value))
      flatten(*nested, name + ".", out);
    else
      out.emplace(name, value);
  }
}

} // namespace

void configure(caf::actor_system_config& config, caf::config_option_set& custom_options) {
  register_messages(config);
  options defaults;
  // One adder for each group: CAF joins the group's name and the option's.
  for_each_option(defaults, [&](std::string name, auto& member, auto&&... rest) {
    std::string category = "sluice";
    if (const auto dot = name.rfind('.'); dot != std::string::npos) {
      category += "." + name.substr(0, dot);
      name.erase(0, dot + 1);
    }
    const char* help = std::get<sizeof...(rest) - 1>(std::tie(rest...));
    caf::config_option_adder group{custom_options, category};
    declare(group, name, member, help);
  });
}

std::vector<error> options_from(const caf::actor_system_config& config, options& out) {
  std::vector<error> errors;
  std::map<std::string, config_value> given;
  if (auto group = caf::get_if<caf::settings>(&caf::content(config), "sluice"))
    flatten(*group, "", given);
  for_each_option(out, [&](const std::string& name, auto& member, auto&&...) {
    const auto i = given.find(name);
    if (i == given.end())
      return;
    if (auto value = read(i->second, member))
      member = std::move(*value);
    else
      errors.push_back({errc::invalid_option, "sluice." + name, "must be " + kind(member)});
    given.erase(i);
  });
  for (const auto& [name, value] : given)
    errors.push_back({errc::invalid_option, "sluice." + name, "unknown option"});
  return errors;
}

} // namespace sluice
