#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/event/date.hpp"
#include "core/event/uuid.hpp"
#include "sluice/event.hpp"

namespace sluice {

enum class event_type : std::uint8_t { track, identify, page, screen, group, alias };

/// A JSON object as text that was checked already. It has no white space between its tokens, so it may be copied as it
/// is.
struct checked_object {
  std::string_view text;
};

/// A context as text that was checked already, in parts, because the encoder does not send all of it.
struct checked_context {
  /// All members but `library` and `traits`, with commas between them; may be empty.
  std::string_view members;
  /// The value of `traits`; empty: it has none.
  std::string_view traits;
};

/// An event of any type, as the encoder sees it. It copies nothing. Empty and null mean "absent".
struct event_view {
  /// `properties` or `traits`.
  using body_view = std::variant<std::monostate, const nlohmann::json*, std::span<const property>, checked_object>;
  using context_view = std::variant<std::monostate, const nlohmann::json*, checked_context>;
  using object_view = std::variant<std::monostate, const nlohmann::json*, checked_object>;

  event_type type{};
  std::string_view user_id{};
  std::string_view anonymous_id{};
  /// `event`, `groupId` or `previousId`.
  std::string_view subject{};
  std::string_view name{};
  std::string_view category{};
  body_view body{};
  context_view context{};
  object_view integrations{};
  std::string_view message_id{};
  std::string_view timestamp{};
  std::string_view original_timestamp{};
};

event_view view_of(const track&);
event_view view_of(const identify&);
event_view view_of(const page&);
event_view view_of(const screen&);
event_view view_of(const group&);
event_view view_of(const alias&);

/// The inputs of the encoder besides the event.
struct encode_context {
  std::size_t max_event_bytes = 0;
  /// The `originalTimestamp` of events that have none.
  std::chrono::system_clock::time_point now{};
  uuid_source& ids;
};

/// Checks an event and appends its JSON to `out`. The message id comes first in the bytes. Returns the message id;
/// after an error `out` is unchanged.
result<std::string> encode(std::string& out, const event_view&, const encode_context&);

} // namespace sluice
