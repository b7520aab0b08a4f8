#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// Where a server listens.
struct listen_address {
  /// An IP address; empty for a Unix socket.
  std::string ip{};
  std::uint16_t port = 0;
  /// The path of a Unix socket.
  std::string path{};

  /// Returns whether only this machine can reach it.
  bool is_local() const;
};

/// Reads `127.0.0.1:8423`, `[::1]:8423`, `localhost:8423` or `unix:PATH`. The error has the field `listen`.
result<listen_address> parse_listen_address(std::string_view text);

/// Returns the address as it is listened on, as a URL for clients.
std::string url_of(const listen_address&, bool tls);

} // namespace sluice
