#include <algorithm>

#include "core/config/url_host.hpp"
#include "server/listen_address.hpp"
#include "sluice/server_options.hpp"

#include <arpa/inet.h>

namespace sluice {

namespace {

constexpr std::size_t most_public_hosts = 32;

bool is_public_host(const std::string& text) {
  constexpr std::size_t longest_name = 253;
  in6_addr unused;
  return !text.empty() && text.size() <= longest_name &&
         (is_host_name(text) || ::inet_pton(AF_INET6, text.c_str(), &unused) == 1);
}

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
  const bool all_are_hosts = std::all_of(o.public_hosts.begin(), o.public_hosts.end(), is_public_host);
  if (o.public_hosts.size() > most_public_hosts || !all_are_hosts)
    errors.push_back(
        {errc::invalid_option, "public_hosts", "must be at most 32 host names or addresses, without ports"});
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
