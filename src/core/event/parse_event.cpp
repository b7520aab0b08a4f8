#include <array>
#include <charconv>
#include <cmath>

#include "core/event/json_reader.hpp"
#include "sluice/event.hpp"

namespace sluice {

namespace {

// Moves fields out of the object. The first field of the wrong kind is the error.
class members {
public:
  explicit members(nlohmann::json& object) : object_{object} {}

  std::string text(const char* name) {
    auto i = object_.find(name);
    if (i == object_.end() || i->is_null())
      return {};
    if (!i->is_string())
      return wrong(name, "a string", *i);
    return std::move(i->get_ref<std::string&>());
  }

  // Ids are strings on the wire; a number becomes its decimal string.
  std::string id(const char* name) {
    auto i = object_.find(name);
    if (i == object_.end() || i->is_null())
      return {};
    if (i->is_number_unsigned())
      return decimal(i->get<std::uint64_t>());
    if (i->is_number_integer())
      return decimal(i->get<std::int64_t>());
    // Above 2^53 a number with a fraction or an exponent, or of more than 64 bits, may differ from the text.
    if (i->is_number_float() && std::abs(i->get<double>()) < 9007199254740992.0)
      return decimal(i->get<double>());
    if (i->is_number_float())
      return wrong(name, "a string, or a number that can be represented exactly,", *i);
    if (!i->is_string())
      return wrong(name, "a string or a number", *i);
    return std::move(i->get_ref<std::string&>());
  }

  nlohmann::json tree(const char* name) {
    auto i = object_.find(name);
    return i == object_.end() ? nlohmann::json{} : std::move(*i);
  }

  bool ok() const noexcept { return ok_; }
  const error& first_error() const noexcept { return error_; }

private:
  template <class Number>
  static std::string decimal(Number n) {
    std::array<char, 32> text{};
    const auto [end, why] = std::to_chars(text.data(), text.data() + text.size(), n);
    return {text.data(), end};
  }

  std::string wrong(const char* name, const char* expected, const nlohmann::json& found) {
    if (std::exchange(ok_, false))
      error_ = {errc::wrong_kind, name, std::string{expected} + " was expected, not " + found.type_name()};
    return {};
  }

  nlohmann::json& object_;
  bool ok_ = true;
  error error_{};
};

template <class Event>
Event read(members& m) {
  Event e;
  e.user_id = m.id("userId");
  if constexpr (requires { e.anonymous_id; })
    e.anonymous_id = m.id("anonymousId");
  if constexpr (requires { e.event; })
    e.event = m.text("event");
  if constexpr (requires { e.category; }) {
    e.name = m.text("name");
    e.category = m.text("category");
  }
  if constexpr (requires { e.group_id; })
    e.group_id = m.id("groupId");
  if constexpr (requires { e.previous_id; })
    e.previous_id = m.id("previousId");
  if constexpr (requires { e.properties; })
    e.properties = m.tree("properties");
  if constexpr (requires { e.traits; })
    e.traits = m.tree("traits");
  e.context = m.tree("context");
  e.integrations = m.tree("integrations");
  e.message_id = m.id("messageId");
  e.timestamp = m.text("timestamp");
  e.original_timestamp = m.text("originalTimestamp");
  return e;
}

result<event> read_as(const std::string& type, members& m) {
  if (type == "track")
    return event{read<track>(m)};
  if (type == "identify")
    return event{read<identify>(m)};
  if (type == "page")
    return event{read<page>(m)};
  if (type == "screen")
    return event{read<screen>(m)};
  if (type == "group")
    return event{read<group>(m)};
  if (type == "alias")
    return event{read<alias>(m)};
  return error{errc::unknown_type, "type", "track, identify, page, screen, group or alias was expected"};
}

} // namespace

result<event> parse_event(std::string_view json_text, std::size_t max_bytes) {
  auto json = read_json(json_text, max_bytes);
  if (!json)
    return json.error();
  if (!json->is_object())
    return error{errc::wrong_kind, "", std::string{"an object was expected, not "} + json->type_name()};
  members m{*json};
  const auto type = m.text("type");
  if (m.ok() && type.empty())
    return error{errc::missing_field, "type", "is required"};
  auto read = m.ok() ? read_as(type, m) : result<event>{m.first_error()};
  if (!m.ok())
    return m.first_error();
  return read;
}

} // namespace sluice
