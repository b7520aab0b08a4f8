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

/// An event of any type, as the encoder sees it. It copies nothing. Empty and null mean "absent".
struct event_view {
  /// `properties` or `traits`.
  using body_view = std::variant<std::monostate, const nlohmann::json*, std::span<const property>>;

  event_type type{};
  std::string_view user_id{};
  std::string_view anonymous_id{};
  /// `event`, `groupId` or `previousId`.
  std::string_view subject{};
  std::string_view name{};
  std::string_view category{};
  body_view body{};
  const nlohmann::json* context = nullptr;
  const nlohmann::json* integrations = nullptr;
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
