#include "transport/proxy.hpp"

#include <cstdlib>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/wire/base64.hpp"

namespace sluice {

namespace {

std::string first_of(const environment& look_up, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = look_up(name); !value.empty())
      return value;
  return {};
}

bool is_exempt(const std::string& host, const std::string& list) {
  for (std::size_t begin = 0; begin <= list.size();) {
    auto end = list.find(',', begin);
    end = end == std::string::npos ? list.size() : end;
    auto name = list.substr(begin, end - begin);
    begin = end + 1;
    name.erase(0, name.find_first_not_of(" ."));
    name.erase(name.find_last_not_of(' ') + 1);
    if (name == "*" || name == host)
      return true;
    if (!name.empty() && host.size() > name.size() && host.compare(host.size() - name.size(), name.size(), name) == 0 &&
        host[host.size() - name.size() - 1] == '.')
      return true;
  }
  return false;
}

} // namespace

std::string from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::optional<proxy> proxy_for(const endpoint& to, const environment& look_up) {
  if (is_loopback(to.host) || is_exempt(to.host, first_of(look_up, {"no_proxy", "NO_PROXY"})))
    return std::nullopt;
  auto text = to.tls ? first_of(look_up, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                     : first_of(look_up, {"http_proxy", "all_proxy", "ALL_PROXY"});
  if (text.empty())
    return std::nullopt;
  if (text.find("://") == std::string::npos)
    text.insert(0, "http://");
  const auto url = boost::urls::parse_uri(text);
  // An unsupported proxy must not be bypassed: the connection to this invalid name fails with an error.
  const auto port = url && url->has_port() ? std::string{url->port()} : "80";
  if (!url || url->scheme() != "http" || url->host_address().empty() || !is_port(port))
    return proxy{.host = "invalid-proxy.invalid", .port = "80"};
  proxy p{.host = url->host_address(), .port = port};
  if (url->has_userinfo())
    p.credentials = base64(url->user() + ":" + url->password());
  return p;
}

} // namespace sluice
