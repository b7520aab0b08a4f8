#pragma once

#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// Where batches are posted.
struct endpoint {
  bool tls = true;
  std::string host{};
  std::string port{};
  /// Path and query.
  std::string target{};

  /// Returns the value of the `Host` header: without the default port.
  std::string authority() const;
  /// Returns host and port, as CONNECT requires.
  std::string host_and_port() const;
};

/// Returns whether the text is a port, from 1 to 65535.
bool is_port(std::string_view text);

/// Returns whether a host is this machine: `localhost`, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// Reads `data_plane_url`. The path is `/v1/batch` unless the URL has one; trailing slashes are ignored. Plain `http`
/// to another machine requires `allow_insecure`.
result<endpoint> parse_endpoint(std::string_view url, bool allow_insecure);

} // namespace sluice
