#include "core/event/json_reader.hpp"

#include <string>

#include "core/event/json_writer.hpp"
#include "sluice/detail/json_wire.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_wire_bytes = 1 << 20;

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      // An event is an object around its fields, so it may be one level deeper than a field.
      if (++depth > max_depth + 1)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Returns where and why a text is not valid JSON.
error no_json(std::string_view text) {
  std::string unused;
  json_writer writer{unused};
  writer.string(text, ""); // stops at bytes that are not UTF-8
  if (!writer.ok())
    return writer.first_error();
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    return {errc::invalid_json, "", "invalid JSON at byte " + std::to_string(e.byte)};
  } catch (const std::exception&) { // a number is out of range
  }
  return {errc::invalid_json, "", "invalid JSON"};
}

} // namespace

result<nlohmann::json> read_json(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return error{errc::too_large, "",
                 std::to_string(text.size()) + " bytes, at most " + std::to_string(max_bytes) + " were expected"};
  if (too_deep(text))
    return error{errc::too_deep, "", "nested deeper than " + std::to_string(max_depth)};
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded())
    return no_json(text);
  return result<nlohmann::json>{boost::system::in_place_value, std::move(json)};
}

std::string json_to_wire(const nlohmann::json& value) {
  if (value.is_null())
    return {};
  std::string text;
  json_writer writer{text};
  writer.value(value, "");
  return writer.ok() ? text : "!";
}

nlohmann::json json_from_wire(std::string_view text) {
  if (text.empty())
    return nullptr;
  auto json = read_json(text, max_wire_bytes);
  return json ? std::move(*json) : nlohmann::json(nlohmann::json::value_t::discarded);
}

} // namespace sluice
