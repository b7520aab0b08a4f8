#include "transport/proxy.hpp"

#include <cstdlib>
#include <utility>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/config/no_proxy.hpp"
#include "core/config/url_host.hpp"
#include "core/wire/base64.hpp"

namespace sluice {

namespace {

struct variable {
  std::string name{};
  std::string value{};
};

// Returns the first of them that is set, or an empty one.
variable first_of(const environment& look_up, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = look_up(name); !value.empty())
      return {name, std::move(value)};
  return {};
}

// The message does not contain the value, which may hold a password.
error wrong_proxy(const variable& v, const char* message) {
  return {errc::invalid_option, v.name, message};
}

} // namespace

std::string from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

result<std::optional<proxy>> proxy_for(const endpoint& to, const environment& look_up) {
  const std::optional<proxy> none;
  if (is_loopback(to.host) || is_exempt(to.host, to.port, first_of(look_up, {"no_proxy", "NO_PROXY"}).value))
    return none;
  const auto v = to.tls ? first_of(look_up, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                        : first_of(look_up, {"http_proxy", "all_proxy", "ALL_PROXY"});
  if (v.value.empty())
    return none;
  const bool has_scheme = v.value.find("://") != std::string::npos;
  const auto text = has_scheme ? v.value : "http://" + v.value;
  const auto url = boost::urls::parse_uri(text);
  if (!url)
    return wrong_proxy(v, "must be a URL, as in http://proxy.example.com:3128");
  const bool tls = url->scheme() == "https";
  if (!tls && url->scheme() != "http")
    return wrong_proxy(v, "must begin with http:// or https://: no other scheme is supported");
  const auto port = url->has_port() ? std::string{url->port()} : tls ? "443" : "80";
  if (url->host_address().empty() || !is_port(port))
    return wrong_proxy(v, "must name a host, and a port from 1 to 65535 or none");
  if (!has_usable_host(*url, text))
    return wrong_proxy(v, usable_host);
  proxy p{.host = url->host_address(), .port = port, .tls = tls};
  if (url->has_userinfo())
    p.credentials = base64(url->user() + ":" + url->password());
  return std::optional{std::move(p)};
}

} // namespace sluice
