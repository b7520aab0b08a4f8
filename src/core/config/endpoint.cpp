#include "core/config/endpoint.hpp"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/config/url_host.hpp"

namespace sluice {

namespace {

error wrong(std::string message) {
  return {errc::invalid_option, "data_plane_url", std::move(message)};
}

std::string bracketed(const std::string& host) {
  return host.find(':') != std::string::npos ? "[" + host + "]" : host;
}

} // namespace

std::string endpoint::authority() const {
  return port == (tls ? "443" : "80") ? bracketed(host) : host_and_port();
}

std::string endpoint::host_and_port() const {
  return bracketed(host) + ":" + port;
}

bool is_port(std::string_view text) {
  unsigned n = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, why] = std::from_chars(text.data(), end, n);
  return why == std::errc{} && rest == end && n >= 1 && n <= 65'535;
}

bool is_loopback(std::string_view host) {
  const bool v4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (v4 && host.substr(0, 4) == "127.");
}

result<endpoint> parse_endpoint(std::string_view text, bool allow_insecure) {
  const auto url = boost::urls::parse_uri(text);
  if (!url)
    return wrong("must be a URL with a scheme, as in https://events.example.com");
  const std::string scheme{url->scheme()};
  if (scheme != "http" && scheme != "https")
    return wrong("must begin with https:// or http://");
  if (url->has_userinfo() || url->has_fragment())
    return wrong("must have no user name, password or fragment");
  endpoint e;
  e.tls = scheme == "https";
  e.host = url->host_address();
  if (!has_usable_host(*url, text))
    return wrong(usable_host);
  e.port = e.tls ? "443" : "80";
  if (url->has_port()) {
    e.port = std::string{url->port()}; // Boost.URL 1.81 wraps its number
    if (!is_port(e.port))
      return wrong("must have a port from 1 to 65535, or none");
    e.port.erase(0, e.port.find_first_not_of('0'));
  }
  if (!e.tls && !allow_insecure && !is_loopback(e.host))
    return wrong("must be https, unless allow_insecure is set: plain http sends the write key unencrypted");
  std::string path{url->encoded_path()};
  while (!path.empty() && path.back() == '/')
    path.pop_back();
  e.target = path.empty() ? "/v1/batch" : path;
  if (url->has_query())
    e.target += "?" + std::string{url->encoded_query()};
  return e;
}

} // namespace sluice
