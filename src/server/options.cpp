#include <algorithm>

#include "server/listen_address.hpp"
#include "sluice/server_options.hpp"

namespace sluice {

namespace {

template <class T>
void check_range(std::vector<error>& errors, const char* name, T value, T low, T high, const char* range) {
  if (value < low || value > high)
    errors.push_back({errc::invalid_option, name, std::string{"must be "} + range});
}

} // namespace

std::vector<error> validate(const server_options& o) {
  using std::chrono::milliseconds;
  constexpr std::size_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
  std::vector<error> errors;
  if (o.listening_socket < 0)
    if (const auto to = parse_listen_address(o.listen); !to)
      errors.push_back(to.error());
  if (o.tls_certificate_file.empty() != o.tls_key_file.empty())
    errors.push_back({errc::invalid_option, o.tls_key_file.empty() ? "tls_key_file" : "tls_certificate_file",
                      "is missing: a certificate and its key were expected"});
  const auto check = [&]<class T>(const char* name, T value, T low, T high, const char* range) {
    check_range(errors, name, value, low, high, range);
  };
  check("max_connections", o.max_connections, std::size_t{1}, std::size_t{100'000}, "1 to 100000");
  check("max_header_bytes", o.max_header_bytes, kib, 64 * kib, "1 KiB to 64 KiB");
  check("max_body_bytes", o.max_body_bytes, kib, 64 * mib, "1 KiB to 64 MiB");
  check("max_plain_body_bytes", o.max_plain_body_bytes, kib, 64 * mib, "1 KiB to 64 MiB");
  check("max_compression_ratio", o.max_compression_ratio, std::size_t{1}, std::size_t{1'032}, "1 to 1032");
  check("max_bytes_of_bodies", o.max_bytes_of_bodies, o.max_body_bytes, 64 * gib, "max_body_bytes to 64 GiB");
  check("request_timeout", o.request_timeout, milliseconds{1}, milliseconds{3'600'000}, "1 ms to 1 h");
  check("idle_timeout", o.idle_timeout, milliseconds{1}, milliseconds{3'600'000}, "1 ms to 1 h");
  return errors;
}

} // namespace sluice
