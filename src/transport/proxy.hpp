#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/config/endpoint.hpp"

namespace sluice {

/// A proxy named by the environment.
struct proxy {
  std::string host{};
  std::string port{};
  /// Whether the connection to the proxy itself is encrypted.
  bool tls = false;
  /// For `Proxy-Authorization: Basic`; empty if there is none.
  std::string credentials{};
};

/// Returns the value of an environment variable; empty if it is not set.
using environment = std::function<std::string(const std::string&)>;

/// Reads the environment of the process.
std::string from_environment(const std::string& name);

/// Returns the proxy for a destination: `https_proxy`, `HTTPS_PROXY`, or for plain http `http_proxy` (never
/// `HTTP_PROXY`, which a client of a CGI host can set); then `all_proxy`, `ALL_PROXY`. Returns none for this machine
/// and for destinations that `no_proxy` or `NO_PROXY` names. Errors: `invalid_option`, with the variable as the field.
result<std::optional<proxy>> proxy_for(const endpoint&, const environment&);

} // namespace sluice
