#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/error.hpp"

struct libdeflate_compressor;

/// Request bodies: encoded and compressed once, true at every attempt. `docs/wire-format.md` has the layout.
namespace sluice {

using payload_ptr = std::shared_ptr<const std::string>;

/// What a body has around its events.
inline constexpr std::size_t body_overhead =
    std::string_view{R"({"sentAt":"2024-05-01T12:00:00.000Z","timestamp":"2024-05-01T12:00:00.000Z","batch":[]})"}
        .size();

/// Makes payloads. Owns a compressor, which is expensive to make. For one thread.
class payload_sealer {
public:
  payload_sealer();
  ~payload_sealer();
  payload_sealer(const payload_sealer&) = delete;
  payload_sealer& operator=(const payload_sealer&) = delete;

  /// `events`: as they stand in the body, with their separators.
  payload_ptr seal(std::string_view events, bool gzip, std::chrono::system_clock::time_point now);

private:
  libdeflate_compressor* compressor_;
};

/// One attempt's body: `head + middle + tail`. The middle is part of the payload.
struct attempt_body {
  std::string head;
  std::string_view middle;
  std::string tail;
  bool gzip = false;
};

/// The body that says `now`. Nothing is compressed or copied. Errors: the payload is malformed.
result<attempt_body> attempt_of(const std::string& payload, std::chrono::system_clock::time_point now);

/// The JSON text, at most `max_bytes` of it. Errors: malformed, too large.
result<std::string> open_payload(const std::string& payload, std::size_t max_bytes);

/// The events in a body's text, each without its separator. Views.
result<std::vector<std::string_view>> events_of(std::string_view body);

/// The message ids of a payload's events.
result<std::vector<std::string>> message_ids_of(const std::string& payload, std::size_t max_bytes);

/// Two payloads of the same kind: the first `at` events, and the others.
result<std::pair<payload_ptr, payload_ptr>> split_payload(const std::string& payload, std::size_t at, payload_sealer&,
                                                          std::size_t max_bytes,
                                                          std::chrono::system_clock::time_point now);

} // namespace sluice
