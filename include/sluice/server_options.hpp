#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/export.hpp"

namespace sluice {

/// The options of `spawn_server`. Files are read when the server is spawned; `server::read_keys_again` reads those of
/// keys and tokens again.
struct server_options {
  /// Where to listen: `ADDRESS:PORT`, as in `127.0.0.1:8423` or `[::1]:8423`, with port 0 for any free one; or
  /// `unix:PATH`. Beyond loopback it needs `admin_token_file`, and TLS or `allow_insecure`. Default `127.0.0.1:8423`.
  std::string listen = "127.0.0.1:8423";
  /// A socket that listens already, as a service manager passes it, instead of `listen`; the server takes it over. The
  /// address that it is bound to counts as `listen`. Default -1: none.
  int listening_socket = -1;
  /// A file with the write keys that clients may use, one a line; empty lines and lines that begin with `#` are passed
  /// over. 1 to 1000 keys. Default: empty; clients use the option `write_key`.
  std::string intake_key_file{};
  /// A file with the tokens that `/metrics` and `/api/` ask for, one a line, at least 16 bytes each; before a token a
  /// name and a space may stand, by which the log says who has changed what. Default: empty, none; then `/api/` changes
  /// nothing.
  std::string admin_token_file{};
  /// PEM files of a certificate (and those up to its authority) and of its key. Both or none. Default: none, plain
  /// HTTP.
  std::string tls_certificate_file{};
  std::string tls_key_file{}; ///< See `tls_certificate_file`.
  /// Host names and addresses by which others know the server, besides where it listens, as behind a proxy; without
  /// ports. Only these are taken as the `Host` by `/` and `/api/`. Needs `admin_token_file`. At most 32. Default: none.
  std::vector<std::string> public_hosts{};
  /// Whether plain HTTP beyond loopback is permitted. Default false.
  bool allow_insecure = false;

  /// The most connections; past it the one that has waited longest for a request is closed. 1 to 100 000, default 1000.
  std::size_t max_connections = 1'000;
  /// The most bytes of a request's header. 1 KiB to 64 KiB, default 16 KiB.
  std::size_t max_header_bytes = std::size_t{16} * 1024;
  /// The most bytes of a request's body, as sent. 1 KiB to 64 MiB, default 4 MiB.
  std::size_t max_body_bytes = std::size_t{4} << 20;
  /// The most bytes of a body after decompression. 1 KiB to 64 MiB, default 8 MiB.
  std::size_t max_plain_body_bytes = std::size_t{8} << 20;
  /// The most bytes that one byte of a compressed body may become; a body of up to 64 KiB is exempt. 1 to 1032, default
  /// 100.
  std::size_t max_compression_ratio = 100;
  /// The most bytes of all bodies that are being read at a time. `max_body_bytes` to 64 GiB, default 256 MiB.
  std::size_t max_bytes_of_bodies = std::size_t{256} << 20;
  /// The time for a request's header, and for its body, to arrive, and for the answer to be taken. 1 ms to 1 h, default
  /// 20 s.
  std::chrono::milliseconds request_timeout{20'000};
  /// How long a connection may wait for its next request. 1 ms to 1 h, default 75 s.
  std::chrono::milliseconds idle_timeout{75'000};
};

/// Returns every error in the options, without reading files: each with the option's name and what it must be.
SLUICE_API std::vector<error> validate(const server_options&);

} // namespace sluice
