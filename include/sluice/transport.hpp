#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/export.hpp"

namespace sluice {

/// One attempt to deliver one batch. The request body is `head + middle + tail`.
struct delivery_request {
  std::string batch_id{};                       ///< The `Idempotency-Key`.
  int failed_attempts = 0;                      ///< The `X-Retry-Count`: how many of the batch were counted.
  std::string head{};                           ///< Small, new at every attempt: holds `sentAt`.
  std::string_view middle{};                    ///< Shared, immutable, the same at every attempt.
  std::string tail{};                           ///< Small, new at every attempt: holds the checksum.
  bool gzip = true;                             ///< Whether the body is compressed.
  std::shared_ptr<const std::string> payload{}; ///< Keeps `middle` alive.
};

/// The phase in which an attempt failed without a response.
enum class transport_failure : std::uint8_t {
  none,     ///< there is a response
  resolve,  ///< no address for the host name
  connect,  ///< no connection
  proxy,    ///< the proxy opened no tunnel
  tls,      ///< the TLS handshake failed
  send,     ///< the request could not be sent, and no status line came back
  receive,  ///< no status line
  not_json, ///< a 2xx that is no JSON, where `http.require_json` asks for it
  timeout,  ///< a deadline of the attempt has passed
  cancelled ///< the transport was destroyed
};

/// The outcome of one attempt.
struct delivery_response {
  /// `none` if there is a response.
  transport_failure failure = transport_failure::none;
  /// The HTTP status; 0 if there is none.
  int status = 0;
  /// The `Retry-After` header, unparsed; empty if there was none.
  std::string retry_after{};
  /// The server's reason or the cause of the failure. Printable, at most 256 bytes, no secrets.
  std::string detail{};
};

/// Delivers batches to the data plane. To add one, implement this class and pass it to `spawn_analytics` in
/// `extensions`, or name it in `src/transport/make_transport.cpp`. The dispatcher calls it from one thread at a time.
class SLUICE_API transport {
public:
  /// Cancels the attempts under way. Returns after the last callback has returned.
  virtual ~transport() = default;

  /// Starts an attempt and returns at once. Calls `done` exactly once, on any thread, whether the attempt succeeds or
  /// fails. Must not throw. The dispatcher has at most `max_in_flight` attempts under way.
  virtual void send(delivery_request, std::function<void(delivery_response)> done) = 0;
};

struct options;

/// Returns a transport to `data_plane_url` with `write_key`. Called whenever a dispatcher starts, and whenever one of
/// the two options changes. The dispatcher owns the transport.
using transport_factory = std::function<std::unique_ptr<transport>(const options&)>;

} // namespace sluice
