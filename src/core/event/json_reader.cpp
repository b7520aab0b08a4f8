#include "core/event/json_reader.hpp"

#include <optional>
#include <string>

#include "core/event/json_builder.hpp"
#include "core/event/json_writer.hpp"
#include "sluice/detail/json_wire.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_wire_bytes = 1 << 20;

// Returns the error of a text that is not UTF-8; the parser says only where it stopped.
std::optional<error> not_utf8(std::string_view text) {
  std::string unused;
  json_writer writer{unused};
  writer.string(text, ""); // stops at bytes that are not UTF-8
  return writer.ok() ? std::nullopt : std::optional{writer.first_error()};
}

} // namespace

result<nlohmann::json> read_json(std::string_view text, std::size_t max_bytes, std::size_t around) {
  if (text.size() > max_bytes)
    return error{errc::too_large, "",
                 std::to_string(text.size()) + " bytes, at most " + std::to_string(max_bytes) + " were expected"};
  // The parser takes a NUL for the end of the text.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return error{errc::invalid_json, "", "invalid JSON at byte " + std::to_string(nul + 1) + ": a NUL byte"};
  json_builder builder{max_depth + around};
  if (!nlohmann::json::sax_parse(text, &builder)) {
    const bool is_json = builder.first_error().code != errc::invalid_json;
    return is_json ? builder.first_error() : not_utf8(text).value_or(builder.first_error());
  }
  return result<nlohmann::json>{boost::system::in_place_value, builder.take()};
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
