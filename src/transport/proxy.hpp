#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/config/endpoint.hpp"

namespace sluice {

/// A proxy as the environment names it.
struct proxy {
  std::string host{};
  std::string port{};
  /// For `Proxy-Authorization: Basic`; empty if there is none.
  std::string credentials{};
};

/// Looks a name up in the environment; empty if it is not there.
using environment = std::function<std::string(const std::string&)>;

/// The real environment.
std::string from_environment(const std::string& name);

/// The proxy for a destination: `https_proxy`, `HTTPS_PROXY`, or for plain http `http_proxy` (never `HTTP_PROXY`, which
/// a CGI host may let a client set); then `all_proxy`, `ALL_PROXY`. None for what `no_proxy` names (hosts, domain
/// suffixes, `*`) and for this machine.
std::optional<proxy> proxy_for(const endpoint&, const environment&);

} // namespace sluice
