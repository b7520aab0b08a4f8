#include "server/administration/own_hosts.hpp"

#include <algorithm>

#include "core/config/endpoint.hpp"

#include <arpa/inet.h>
#include <strings.h>

namespace sluice {

namespace {

bool is_ip_literal(std::string_view text) {
  in6_addr unused;
  const bool is_v6 = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const std::string bare{is_v6 ? text.substr(1, text.size() - 2) : text};
  return ::inet_pton(is_v6 ? AF_INET6 : AF_INET, bare.c_str(), &unused) == 1;
}

std::string literal_of(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// Returns the host without its port; empty if what is behind it is no port.
std::string_view without_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
    return authority;
  return is_port(authority.substr(colon + 1)) ? authority.substr(0, colon) : std::string_view{};
}

bool same_host(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool has_host(const std::vector<std::string>& all, std::string_view host) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& known) { return same_host(known, host); });
}

} // namespace

own_hosts::own_hosts(const listen_address& at, const std::vector<std::string>& public_hosts)
    : any_address_{at.ip == "0.0.0.0" || at.ip == "::"} {
  if (!at.ip.empty())
    names_.push_back(literal_of(at.ip));
  if (at.is_local() || any_address_)
    names_.emplace_back("localhost");
  for (const auto& host : public_hosts)
    public_names_.push_back(literal_of(host));
}

bool own_hosts::is_own(std::string_view name) const {
  return has_host(names_, name) || has_host(public_names_, name) || (any_address_ && is_ip_literal(name));
}

bool own_hosts::has(std::string_view host) const {
  const auto name = without_port(host);
  return !name.empty() && is_own(name);
}

// Another port of this machine is another origin, but a proxy may have changed the `Host`.
bool own_hosts::permits_origin(std::string_view origin, std::string_view host) const {
  if (origin.empty())
    return true;
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) // as in `null`, that of a sandbox
    return false;
  const auto authority = origin.substr(scheme + 3);
  return (has(authority) && same_host(authority, host)) || has_host(public_names_, without_port(authority));
}

} // namespace sluice
