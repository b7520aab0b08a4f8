#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/export.hpp"

namespace sluice {

/// One attempt to deliver one batch. The body is `head + middle + tail`: the middle is shared, immutable and the
/// same at every attempt; head and tail are small and carry what is true of this attempt (`sentAt`, the checksum).
struct delivery_request {
  std::string batch_id{};
  std::string head{};
  std::string_view middle{};
  std::string tail{};
  bool gzip = true;
  /// Keeps `middle` alive.
  std::shared_ptr<const std::string> payload{};
};

/// What kept a response from coming.
enum class transport_failure : std::uint8_t { none, resolve, connect, proxy, tls, send, receive, timeout, cancelled };

/// What came of it.
struct delivery_response {
  transport_failure failure = transport_failure::none;
  /// The HTTP status; 0 if `failure` is not `none`.
  int status = 0;
  /// The `Retry-After` header as it came; empty if there was none.
  std::string retry_after{};
  /// The server's words or the reason of the failure: printable, at most 256 bytes, without secrets.
  std::string detail{};
};

/// Takes batches to the data plane. To add one: implement this and give it to `spawn_analytics`, or name it in
/// `src/transport/make_transport.cpp`.
class SLUICE_API transport {
public:
  /// Cancels what is under way. When it returns, no callback runs any more and every callback has run.
  virtual ~transport() = default;

  /// Starts an attempt and returns at once. Calls `done` exactly once, on any thread, also on failure; never throws.
  /// The dispatcher has at most `max_in_flight` attempts under way.
  virtual void send(delivery_request, std::function<void(delivery_response)> done) = 0;
};

struct options;

/// Makes a transport to `data_plane_url` with `write_key`. Called for every incarnation of the dispatcher, which owns
/// what it returns, and whenever they change.
using transport_factory = std::function<std::unique_ptr<transport>(const options&)>;

} // namespace sluice
