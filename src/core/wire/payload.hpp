#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/wire/compressor.hpp"
#include "sluice/error.hpp"

/// Request bodies: encoded and compressed once, with the right dates at every attempt. `docs/wire-format.md` has the
/// layout.
namespace sluice {

using payload_ptr = std::shared_ptr<const std::string>;

/// The bytes that a body has around its events.
inline constexpr std::size_t body_overhead =
    std::string_view{R"({"sentAt":"2024-05-01T12:00:00.000Z","timestamp":"2024-05-01T12:00:00.000Z","batch":[]})"}
        .size();

/// The most bytes of a body: what `max_batch_bytes` may be at most. A payload is opened up to that, whatever the option
/// says now, because an earlier process may have cut it.
inline constexpr std::size_t max_body_bytes = std::size_t{16} << 20;

/// Makes payloads. Owns a compressor, which is expensive to create. For use by one thread.
class payload_sealer {
public:
  /// Returns the payload of `events`, which have their separators.
  payload_ptr seal(std::string_view events, bool gzip, std::chrono::system_clock::time_point now);

private:
  compressor compressor_;
};

/// The body of one attempt: `head + middle + tail`. The middle views the payload.
struct attempt_body {
  std::string head;
  std::string_view middle;
  std::string tail;
  bool gzip = false;
};

/// Returns the body with the dates set to `now`. Compresses and copies nothing. Errors: the payload is malformed.
result<attempt_body> attempt_of(const std::string& payload, std::chrono::system_clock::time_point now);

/// Whether a payload is compressed.
bool is_gzip(const std::string& payload) noexcept;

/// Returns the JSON text. Errors: the payload is malformed, or has more than `max_body_bytes`.
result<std::string> open_payload(const std::string& payload);

/// Returns views of the events in a body's text, without their separators.
result<std::vector<std::string_view>> events_of(std::string_view body);

/// Returns the message id of an encoded event. Errors: it does not begin with one, as the encoder's do.
result<std::string> message_id_of(std::string_view event);

/// Returns the message ids of a payload's events.
result<std::vector<std::string>> message_ids_of(const std::string& payload);

/// Returns two payloads of the same kind: one with the first `at` events, one with the others.
result<std::pair<payload_ptr, payload_ptr>> split_payload(const std::string& payload, std::size_t at, payload_sealer&,
                                                          std::chrono::system_clock::time_point now);

/// Returns payloads of the same kind: the n-th with the events of which `places` says n, in their order, or null if
/// there is none. Errors: the payload is malformed, or has another number of events.
result<std::vector<payload_ptr>> divide_payload(const std::string& payload, const std::vector<std::uint8_t>& places,
                                                payload_sealer&, std::chrono::system_clock::time_point now);

} // namespace sluice
