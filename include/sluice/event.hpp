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

/// @file
/// The six event types. An empty string or null JSON means that the field is absent. An invalid event is rejected with
/// an `error` that names the field; the other events are not affected.
///
/// Dates are ISO 8601, as in `2024-05-01T12:00:00.5+02:00`; a space may stand for the `T`, and no offset means UTC.
/// They are sent in UTC with milliseconds.
namespace sluice {

/// Something a user did. Requires `event`, and `user_id` or `anonymous_id`.
struct track {
  std::string user_id{};            ///< Id of a known user.
  std::string anonymous_id{};       ///< Id of a user who is not known.
  std::string event{};              ///< What the user did, as in `Order Completed`. Required.
  nlohmann::json properties{};      ///< A JSON object, nested at most 64 deep.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// Who a user is. Requires `user_id` or `anonymous_id`.
struct identify {
  std::string user_id{};            ///< Id of a known user.
  std::string anonymous_id{};       ///< Id of a user who is not known.
  nlohmann::json traits{};          ///< A JSON object; sent as `context.traits` as well.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// A page view. Requires `user_id` or `anonymous_id`.
struct page {
  std::string user_id{};            ///< Id of a known user.
  std::string anonymous_id{};       ///< Id of a user who is not known.
  std::string name{};               ///< The name of the page.
  std::string category{};           ///< The category of the page.
  nlohmann::json properties{};      ///< A JSON object, nested at most 64 deep.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// A screen view in an app. Requires `user_id` or `anonymous_id`.
struct screen {
  std::string user_id{};            ///< Id of a known user.
  std::string anonymous_id{};       ///< Id of a user who is not known.
  std::string name{};               ///< The name of the screen.
  std::string category{};           ///< The category of the screen.
  nlohmann::json properties{};      ///< A JSON object, nested at most 64 deep.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// A user belongs to a group. Requires `group_id`, and `user_id` or `anonymous_id`.
struct group {
  std::string user_id{};            ///< Id of a known user.
  std::string anonymous_id{};       ///< Id of a user who is not known.
  std::string group_id{};           ///< Id of the group. Required.
  nlohmann::json traits{};          ///< A JSON object, nested at most 64 deep.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// Two ids belong to one user. Requires `user_id` and `previous_id`.
struct alias {
  std::string user_id{};            ///< The id that stays. Required.
  std::string previous_id{};        ///< The id to merge into `user_id`. Required.
  nlohmann::json context{};         ///< A JSON object; `context.library` is always ours.
  nlohmann::json integrations{};    ///< A JSON object.
  std::string message_id{};         ///< 1 to 128 bytes; default: a new UUID. The same at every delivery.
  std::string timestamp{};          ///< ISO 8601; sent only if given.
  std::string original_timestamp{}; ///< ISO 8601; default: now.
};

/// Any of the six event types.
using event = std::variant<track, identify, page, screen, group, alias>;

/// Reads one event from JSON text: an object whose `type` names one of the six event types, with the fields spelled as
/// on the wire (`userId`, `messageId`, …). A number given as an id becomes its decimal string. Fields that do not
/// belong to the event's type are dropped. Numbers keep their digits: one that neither 64 bits nor a double can
/// represent is an error. The text may have at most `max_bytes` bytes and be nested at most 64 deep. Returns the event,
/// or an error: `invalid_json`, `invalid_utf8`, `invalid_number`, `too_large`, `too_deep`, `unknown_type`,
/// `wrong_kind`. Missing ids, dates and UTF-8 inside strings are checked later, when the event is sent.
SLUICE_API result<event> parse_event(std::string_view json_text, std::size_t max_bytes = 1 << 20);

/// Returns `2024-05-01T12:00:00.000Z`: UTC with milliseconds, the form that `timestamp` and `original_timestamp` take.
SLUICE_API std::string iso8601(std::chrono::system_clock::time_point);

/// The value of a `property`. It is written to the wire without a JSON tree.
using property_value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string_view>;

/// One property of a property list. It does not copy its key and text: they must live until the call that takes it
/// returns.
struct property {
  std::string_view key{}; ///< Its name.
  property_value value;   ///< Its value.

  /// @{
  /// Takes a value of a kind that JSON has.
  property(std::string_view k, std::nullptr_t) : key{k}, value{nullptr} {}
  property(std::string_view k, bool v) : key{k}, value{v} {}
  property(std::string_view k, std::signed_integral auto v) : key{k}, value{static_cast<std::int64_t>(v)} {}
  property(std::string_view k, std::unsigned_integral auto v) : key{k}, value{static_cast<std::uint64_t>(v)} {}
  property(std::string_view k, double v) : key{k}, value{v} {}
  property(std::string_view k, const char* v) : key{k}, value{std::string_view{v}} {}
  property(std::string_view k, std::string_view v) : key{k}, value{v} {}
  property(std::string_view k, const std::string& v) : key{k}, value{std::string_view{v}} {}
  /// @}
};

/// Who did it. Requires at least one of the two. It does not copy the ids.
struct identity {
  std::string_view user_id{};      ///< Id of a known user.
  std::string_view anonymous_id{}; ///< Id of a user who is not known.
};

} // namespace sluice
