#include "server/listen_address.hpp"

#include <charconv>

#include <arpa/inet.h>
#include <sys/un.h>

namespace sluice {

namespace {

constexpr const char* what_it_must_be =
    "must be an IP address and a port, as in 127.0.0.1:8423 or [::1]:8423, or unix:PATH";

error not_an_address(std::string message = what_it_must_be) {
  return {errc::invalid_option, "listen", std::move(message)};
}

bool is_ip(const std::string& text, int family) {
  in6_addr unused;
  return ::inet_pton(family, text.c_str(), &unused) == 1;
}

result<listen_address> unix_address(std::string_view path) {
  // The last byte of the address ends the path.
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != std::string_view::npos)
    return not_an_address("must have a path of 1 to 107 bytes behind unix:");
  return listen_address{.path = std::string{path}};
}

} // namespace

bool listen_address::is_local() const {
  return ip.empty() || ip == "::1" || ip.starts_with("127.");
}

result<listen_address> parse_listen_address(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix:";
  if (text.starts_with(unix_scheme))
    return unix_address(text.substr(unix_scheme.size()));
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return not_an_address();
  listen_address to;
  to.ip = text.substr(0, colon);
  if (to.ip == "localhost")
    to.ip = "127.0.0.1";
  const bool is_v6 = to.ip.size() > 2 && to.ip.front() == '[' && to.ip.back() == ']';
  if (is_v6)
    to.ip = to.ip.substr(1, to.ip.size() - 2);
  const auto port = text.substr(colon + 1);
  const auto [end, why] = std::from_chars(port.data(), port.data() + port.size(), to.port);
  if (!is_ip(to.ip, is_v6 ? AF_INET6 : AF_INET) || port.empty() || why != std::errc{} ||
      end != port.data() + port.size())
    return not_an_address();
  return to;
}

std::string url_of(const listen_address& a, bool tls) {
  if (a.ip.empty())
    return "unix:" + a.path;
  const auto host = a.ip.find(':') == std::string::npos ? a.ip : "[" + a.ip + "]";
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(a.port);
}

} // namespace sluice
