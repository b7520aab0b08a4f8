#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/options.hpp"

namespace sluice {

/// A stream of bytes to a Redis server, over TCP, TLS or a Unix socket. A call waits until it is done, or until a
/// deadline that is asked for again and again, because it may come to be sooner. For one thread. Errors:
/// `store_failed`, with the option that may be wrong as its field.
class redis_socket {
public:
  using clock = std::chrono::steady_clock;
  using deadline = std::function<clock::time_point()>;

  redis_socket(redis_tls_options, deadline);
  ~redis_socket();
  redis_socket(const redis_socket&) = delete;
  redis_socket& operator=(const redis_socket&) = delete;

  /// Resolves the name, connects to the first address that answers, and makes sure with TLS, if it is on, that it is
  /// the host that was meant.
  result<void> connect(const std::string& host, int port);
  /// Connects to a Unix socket.
  result<void> connect(const std::string& path);
  /// Whether it is connected, the peer has not ended the connection, and has sent nothing that was not asked for.
  bool is_quiet();
  void close() noexcept;

  /// Sends all of it, and keeps what arrives meanwhile.
  result<void> send(std::string bytes);
  /// Gives what has arrived, at least one byte of it; what has arrived by now also when the deadline has passed.
  result<void> receive(const std::function<void(std::string_view)>& take);

private:
  struct stream;

  result<void> open(const std::function<result<void>(stream&)>& how);

  const redis_tls_options tls_;
  const deadline deadline_;
  std::unique_ptr<stream> stream_;
};

} // namespace sluice
