#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

#include "sluice/error.hpp"
#include "sluice/export.hpp"

/// The six event types. Empty strings and null JSON mean "absent".
///
/// Members that all have:
/// - `message_id`: 1 to 128 bytes; a UUID is made if empty. Deliveries may repeat; the id does not change.
/// - `timestamp`, `original_timestamp`: ISO 8601 (`2024-05-01T12:00:00.5+02:00`, or a space for the `T`; no
///   offset means UTC). Sent in UTC with milliseconds. `original_timestamp` is made if empty.
/// - `context`, `integrations`, `properties`, `traits`: JSON objects, nested at most 64 deep.
///
/// An event that is not valid is rejected with an `error` that names the field; it harms no other.
namespace sluice {

/// Something a user did. Needs `event`, and `user_id` or `anonymous_id`.
struct track {
  std::string user_id{};
  std::string anonymous_id{};
  std::string event{};
  nlohmann::json properties{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// Who a user is. Needs `user_id` or `anonymous_id`. `traits` are sent as `context.traits` as well.
struct identify {
  std::string user_id{};
  std::string anonymous_id{};
  nlohmann::json traits{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// A page view. Needs `user_id` or `anonymous_id`.
struct page {
  std::string user_id{};
  std::string anonymous_id{};
  std::string name{};
  std::string category{};
  nlohmann::json properties{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// A screen view in an app. Needs `user_id` or `anonymous_id`.
struct screen {
  std::string user_id{};
  std::string anonymous_id{};
  std::string name{};
  std::string category{};
  nlohmann::json properties{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// A user belongs to a group. Needs `group_id`, and `user_id` or `anonymous_id`.
struct group {
  std::string user_id{};
  std::string anonymous_id{};
  std::string group_id{};
  nlohmann::json traits{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// Two ids are one user. Needs `user_id` and `previous_id`.
struct alias {
  std::string user_id{};
  std::string previous_id{};
  nlohmann::json context{};
  nlohmann::json integrations{};
  std::string message_id{};
  std::string timestamp{};
  std::string original_timestamp{};
};

/// Any of the six.
using event = std::variant<track, identify, page, screen, group, alias>;

/// Reads one event from JSON text: an object whose `type` says which of the six it is, with the members in the
/// wire's spelling (`userId`, `messageId`, …). A number given as an id becomes its decimal string; members that
/// are not part of an event are ignored. The text is bounded before it is parsed: at most `max_bytes`, nested at
/// most 64 deep.
/// Errors: `invalid_json`, `invalid_utf8`, `too_large`, `too_deep`, `unknown_type`, `wrong_kind`. What only the encoder
/// can know (missing ids, dates, UTF-8) is checked when the event is accepted.
SLUICE_API result<event> parse_event(std::string_view json_text, std::size_t max_bytes = 1 << 20);

/// `2024-05-01T12:00:00.000Z`: UTC with milliseconds, as the members `timestamp` and `original_timestamp` take it.
SLUICE_API std::string iso8601(std::chrono::system_clock::time_point);

/// The value of a `property`: what is written to the wire without a JSON tree.
using property_value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string_view>;

/// One member of a property list. It views its key and text: valid for the duration of the call that takes it.
struct property {
  std::string_view key{};
  property_value value;

  property(std::string_view k, std::nullptr_t) : key{k}, value{nullptr} {}
  property(std::string_view k, bool v) : key{k}, value{v} {}
  property(std::string_view k, std::signed_integral auto v) : key{k}, value{static_cast<std::int64_t>(v)} {}
  property(std::string_view k, std::unsigned_integral auto v) : key{k}, value{static_cast<std::uint64_t>(v)} {}
  property(std::string_view k, double v) : key{k}, value{v} {}
  property(std::string_view k, const char* v) : key{k}, value{std::string_view{v}} {}
  property(std::string_view k, std::string_view v) : key{k}, value{v} {}
  property(std::string_view k, const std::string& v) : key{k}, value{std::string_view{v}} {}
};

/// Who did it: at least one of the two is needed.
struct identity {
  std::string_view user_id{};
  std::string_view anonymous_id{};
};

} // namespace sluice
