#include "server/administration/dead_filter_json.hpp"

#include <algorithm>
#include <charconv>

#include "core/wire/batch_id.hpp"

namespace sluice {

namespace {

constexpr std::int64_t longest_age_ms = std::int64_t{3'650} * 86'400'000;
constexpr std::size_t most_bytes_of_text = 1'024;

error wrong_condition(std::string_view name, std::string message) {
  return {errc::invalid_option, std::string{name}, std::move(message)};
}

result<bool> set_text(std::string& to, std::string_view name, const std::string& value) {
  if (value.empty() || value.size() > most_bytes_of_text)
    return wrong_condition(name, "must be a text of 1 to 1024 bytes");
  to = value;
  return true;
}

result<bool> set_age(std::chrono::milliseconds& to, std::string_view name, const std::string& value) {
  const auto n = whole_number(name, value, 1, longest_age_ms);
  if (!n)
    return n.error();
  to = std::chrono::milliseconds{*n};
  return true;
}

result<bool> add_id(dead_filter& f, std::string_view name, const std::string& value) {
  if (!is_batch_id(value))
    return wrong_condition(name, "must be the id of a batch");
  f.ids.push_back(value);
  return true;
}

bool is_number_condition(std::string_view name) {
  return name == "status" || name == "older_than_ms" || name == "younger_than_ms";
}

result<void> set_member(dead_filter& f, const std::string& name, const nlohmann::json& value) {
  if (name == "id") // in a body they are an array
    return wrong_condition(name, "is no condition of a filter");
  const bool right_kind = is_number_condition(name) ? value.is_number_integer() : value.is_string();
  if (!right_kind)
    return wrong_condition(name, is_number_condition(name) ? "must be a whole number" : "must be a text");
  const auto set = set_condition(f, name, value.is_string() ? value.get<std::string>() : value.dump());
  if (!set)
    return set.error();
  return *set ? result<void>{} : wrong_condition(name, "is no condition of a filter");
}

result<void> set_ids(dead_filter& f, const std::string& name, const nlohmann::json& value) {
  if (!value.is_array() || value.empty())
    return wrong_condition(name, "must be an array with at least one id");
  for (const auto& id : value)
    if (const auto added = add_id(f, name, id.is_string() ? id.get<std::string>() : ""); !added)
      return added.error();
  return {};
}

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

} // namespace

result<std::int64_t> whole_number(std::string_view name, const std::string& text, std::int64_t low, std::int64_t high) {
  std::int64_t n = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, why] = std::from_chars(text.data(), end, n);
  if (why != std::errc{} || rest != end || n < low || n > high)
    return wrong_condition(name, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return n;
}

result<bool> set_condition(dead_filter& f, std::string_view name, const std::string& value) {
  if (name == "status") {
    const auto n = whole_number(name, value, 0, 999);
    if (!n)
      return n.error();
    f.status = static_cast<int>(*n);
    return true;
  }
  if (name == "reason")
    return set_text(f.reason, name, value);
  if (name == "event")
    return set_text(f.event, name, value);
  if (name == "user")
    return set_text(f.user, name, value);
  if (name == "older_than_ms")
    return set_age(f.older_than, name, value);
  if (name == "younger_than_ms")
    return set_age(f.younger_than, name, value);
  return name == "id" ? add_id(f, name, value) : false;
}

result<dead_filter> filter_of(const nlohmann::json& given) {
  if (!given.is_object())
    return wrong_condition("filter", "must be an object");
  dead_filter f;
  for (const auto& [name, value] : given.items())
    if (const auto set = name == "ids" ? set_ids(f, name, value) : set_member(f, name, value); !set)
      return set.error();
  return f;
}

nlohmann::ordered_json json_of(const dead_filter& f) {
  auto json = nlohmann::ordered_json::object();
  if (f.status >= 0)
    json["status"] = f.status;
  if (!f.reason.empty())
    json["reason"] = f.reason;
  if (f.older_than.count() > 0)
    json["older_than_ms"] = f.older_than.count();
  if (f.younger_than.count() > 0)
    json["younger_than_ms"] = f.younger_than.count();
  if (!f.event.empty())
    json["event"] = f.event;
  if (!f.user.empty())
    json["user"] = f.user;
  if (!f.ids.empty())
    json["ids"] = f.ids;
  return json;
}

result<std::string> decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0)
      return wrong_condition("", "a % must be followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

result<std::vector<std::pair<std::string, std::string>>> read_query(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> all;
  while (!text.empty()) {
    const auto end = text.find('&');
    std::string one{text.substr(0, end)};
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (one.empty())
      continue;
    std::replace(one.begin(), one.end(), '+', ' ');
    const auto equals = one.find('=');
    const auto name = decode_percent(std::string_view{one}.substr(0, equals));
    const auto value =
        decode_percent(equals == std::string::npos ? std::string_view{} : std::string_view{one}.substr(equals + 1));
    if (!name || !value)
      return name ? value.error() : name.error();
    all.emplace_back(*name, *value);
  }
  return all;
}

} // namespace sluice
