// Data-plane URLs: nothing that one names can change a request, and plain http stays on this machine.
#include <algorithm>

#include "core/config/endpoint.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto e = parse_endpoint(text, true);
  const auto secure = parse_endpoint(text, false);
  if (!e) {
    require(!secure, "allow_insecure forbids nothing");
    return 0;
  }
  require(secure.has_value() == (e->tls || is_loopback(e->host)), "plain http stays on this machine");
  require(!e->host.empty() && is_visible(e->host), "a host has no byte that would change a request");
  require(is_port(e->port), "a port is one");
  require(e->target.starts_with('/') || e->target.starts_with('?'), "a target is a path");
  require(is_visible(e->target), "a target has no byte that would change a request");
  const auto again = parse_endpoint((e->tls ? "https://" : "http://") + e->host_and_port() + e->target, true);
  require(again && again->host == e->host && again->port == e->port && again->target == e->target,
          "an endpoint is read again as it is");
  return 0;
}
