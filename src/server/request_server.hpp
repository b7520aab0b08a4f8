#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "server/listener.hpp"
#include "server/service.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// The bounds of a server; `server_options` says what each means.
struct request_server_limits {
  std::size_t max_connections = 0, max_header_bytes = 0, max_body_bytes = 0, max_bytes_of_bodies = 0;
  std::chrono::milliseconds request_timeout{0}, idle_timeout{0};
};

/// A certificate and its key, as they were read from their files.
class server_identity;

/// Reads PEM files. Errors: `invalid_option` with the option of the file as the field.
result<std::shared_ptr<server_identity>> read_identity(const std::string& certificate_file,
                                                       const std::string& key_file);

/// An HTTP/1.1 server with one thread. It accepts from a listener until it is destroyed.
class request_server {
public:
  /// Starts to accept, with an identity over TLS. The service must outlive the server, which calls it and `complain` on
  /// its thread. Throws if the system has no room for another descriptor or thread.
  request_server(const listener&, service&, const request_server_limits&, std::shared_ptr<server_identity>,
                 std::function<void(const std::string&)> complain);
  /// Accepts nothing more, closes the connections that have no request, and gives the others up to `last_words` for
  /// their answers. Blocks.
  ~request_server();
  request_server(const request_server&) = delete;
  request_server& operator=(const request_server&) = delete;

  /// Calls a function on the server's thread, soon; not if the server ends before.
  void post(std::function<void()>);
  std::size_t connections() const;

  static constexpr std::chrono::milliseconds last_words{1'000};

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace sluice
