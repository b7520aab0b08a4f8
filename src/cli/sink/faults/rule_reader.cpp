#include "cli/sink/faults/rule_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/printable.hpp"

namespace sluice {

namespace {

using nlohmann::json;

constexpr std::size_t max_headers = 32;
constexpr std::size_t max_header_bytes = 1'024;
constexpr std::int64_t max_body_bytes = std::int64_t{1} << 20;
constexpr std::int64_t day_ms = 86'400'000;

constexpr std::array selectors{"requests", "rate", "after_ms", "until_ms"};
constexpr std::array effects{"status", "headers", "latency_ms", "cut", "slow_body_ms", "garbage", "body_bytes", "tls"};

template <class Names>
std::string list(const Names& names) {
  std::string text;
  for (const char* name : names)
    text += (text.empty() ? "" : ", ") + std::string{name};
  return text;
}

// A header's name is a token of RFC 9110; its value is visible ASCII and spaces.
bool is_header(const std::string& name, const std::string& value) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto in_name = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  };
  const auto in_value = [](char c) { return c >= 0x20 && c < 0x7f; };
  return !name.empty() && name.size() + value.size() <= max_header_bytes &&
         std::all_of(name.begin(), name.end(), in_name) && std::all_of(value.begin(), value.end(), in_value);
}

// `5`, `5-10`, `5-`
bool parse_range(std::string_view text, fault_selector& when) {
  const auto number = [](std::string_view digits, std::uint64_t& out) {
    const auto [end, why] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return why == std::errc{} && end == digits.data() + digits.size();
  };
  const auto dash = text.find('-');
  const auto last = dash == std::string_view::npos ? text : text.substr(dash + 1);
  return number(text.substr(0, dash), when.first) && (last.empty() || number(last, when.last)) && when.first >= 1 &&
         when.first <= when.last;
}

class rule_reader {
public:
  rule_reader(const json& rule, std::string at, std::vector<error>& errors)
      : rule_{rule}, at_{std::move(at)}, errors_{errors} {}

  fault_rule read() {
    fault_rule r;
    if (!rule_.is_object()) {
      errors_.push_back({errc::wrong_kind, at_, "an object was expected"});
      return r;
    }
    check_names();
    read_selector(r.when);
    read_effect(r.effect);
    if (has("tls")) {
      r.cuts_handshake = true;
      if (rule_["tls"] != "cut")
        expected("tls", "\"cut\"");
    }
    check_together(r.effect);
    return r;
  }

private:
  bool has(const char* name) const { return rule_.contains(name); }
  void expected(const std::string& name, const std::string& what) {
    errors_.push_back({errc::invalid_option, at_ + "." + printable(name, ""), what + " was expected"});
  }
  // Reports every member of `others` that is present: it has no effect together with `name`.
  void excludes(const std::string& name, std::initializer_list<const char*> others) {
    for (const char* other : others)
      if (has(other))
        errors_.push_back({errc::invalid_option, at_ + "." + other, "has no effect together with " + name});
  }

  void check_names() {
    const auto known = [](const std::string& name) {
      return std::find(selectors.begin(), selectors.end(), name) != selectors.end() ||
             std::find(effects.begin(), effects.end(), name) != effects.end();
    };
    for (const auto& [name, value] : rule_.items())
      if (!known(name))
        expected(name, "one of the members " + list(selectors) + ", " + list(effects));
    if (std::none_of(effects.begin(), effects.end(), [this](const char* name) { return has(name); }))
      errors_.push_back({errc::missing_field, at_, "an effect was expected: one or more of " + list(effects)});
  }

  template <class Number>
  void whole(const char* name, std::int64_t lowest, std::int64_t highest, Number& out) {
    if (!has(name))
      return;
    const auto& v = rule_[name];
    // A number above 63 bits becomes negative.
    const auto n = v.is_number_integer() ? v.get<std::int64_t>() : -1;
    if (n < lowest || n > highest)
      expected(name, "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    else
      out = Number(n);
  }

  void read_selector(fault_selector& when) {
    if (has("requests")) {
      const auto& v = rule_["requests"];
      const bool good = v.is_number_integer() ? parse_range(v.dump(), when)
                                              : v.is_string() && parse_range(v.get_ref<const std::string&>(), when);
      if (!good)
        expected("requests", "a number from 1, or a range like \"5-10\" or \"5-\"");
    }
    if (has("rate")) {
      const auto& v = rule_["rate"];
      when.rate = v.is_number() ? v.get<double>() : -1;
      if (!(when.rate >= 0 && when.rate <= 1))
        expected("rate", "a number from 0 to 1");
    }
    whole("after_ms", 0, day_ms, when.after);
    whole("until_ms", 0, day_ms, when.until);
    if (when.until <= when.after)
      expected("until_ms", "more than after_ms");
  }

  void read_effect(fault& effect) {
    whole("status", 200, 599, effect.status);
    whole("latency_ms", 0, 600'000, effect.latency);
    whole("slow_body_ms", 1, 60'000, effect.slow_body);
    whole("body_bytes", 1, max_body_bytes, effect.body_bytes);
    effect.garbage = has("garbage") && rule_["garbage"] == true;
    if (has("garbage") && !effect.garbage)
      expected("garbage", "true");
    if (has("cut")) {
      effect.cut = rule_["cut"] == "before"   ? fault_cut::before
                   : rule_["cut"] == "inside" ? fault_cut::inside
                   : rule_["cut"] == "after"  ? fault_cut::after
                                              : fault_cut::none;
      if (effect.cut == fault_cut::none)
        expected("cut", "\"before\", \"inside\" or \"after\"");
    }
    if (has("headers"))
      read_headers(rule_["headers"], effect);
  }

  void read_headers(const json& headers, fault& effect) {
    if (!headers.is_object() || headers.empty() || headers.size() > max_headers)
      return expected("headers", "an object of 1 to " + std::to_string(max_headers) + " strings");
    for (const auto& [name, value] : headers.items()) {
      if (!value.is_string() || !is_header(name, value.get_ref<const std::string&>()))
        expected("headers." + name, "a header's name and a string of visible ASCII, together at most " +
                                        std::to_string(max_header_bytes) + " bytes,");
      else
        effect.headers.emplace_back(name, value.get<std::string>());
    }
  }

  void check_together(const fault& effect) {
    if (has("tls"))
      excludes("tls", {"requests", "status", "headers", "latency_ms", "cut", "slow_body_ms", "garbage", "body_bytes"});
    if (effect.cut == fault_cut::before || effect.cut == fault_cut::after)
      excludes("cut", {"headers", "slow_body_ms", "garbage", "body_bytes"});
    if (effect.cut == fault_cut::before)
      excludes("cut", {"status"});
    if (effect.garbage)
      excludes("garbage", {"headers", "slow_body_ms", "body_bytes"});
  }

  const json& rule_;
  std::string at_;
  std::vector<error>& errors_;
};

} // namespace

fault_rule read_rule(const json& rule, const std::string& at, std::vector<error>& errors) {
  return rule_reader{rule, at, errors}.read();
}

} // namespace sluice
