#pragma once

#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// Where batches are posted to.
struct endpoint {
  bool tls = true;
  std::string host{};
  std::string port{};
  /// Path and query.
  std::string target{};

  /// As it stands in the `Host` header: without the port that goes without saying.
  std::string authority() const;
  /// With the port, as CONNECT takes it.
  std::string host_and_port() const;
};

/// Whether text is a port, from 1 to 65535.
bool is_port(std::string_view text);

/// Whether this names the present machine: `localhost`, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// Reads `data_plane_url`. The path is `/v1/batch` unless there is one; slashes at its end are ignored. Plain `http`
/// to another machine needs `allow_insecure`.
result<endpoint> parse_endpoint(std::string_view url, bool allow_insecure);

} // namespace sluice
