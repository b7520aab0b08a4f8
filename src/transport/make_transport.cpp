#include "transport/make_transport.hpp"

#include <utility>

#include "core/config/endpoint.hpp"
#include "transport/discard_transport.hpp"
#include "transport/http_transport.hpp"
#include "transport/proxy.hpp"
#include "transport/unusable_transport.hpp"

namespace sluice {

std::unique_ptr<transport> make_transport(const options& o) {
  if (!o.enabled)
    return std::make_unique<discard_transport>();
  const auto to = parse_endpoint(o.data_plane_url, o.allow_insecure);
  auto through = proxy_for(*to, from_environment);
  if (!through)
    return std::make_unique<unusable_transport>(through.error().field + " " + through.error().message);
  return std::make_unique<http_transport>(http_settings{.to = *to,
                                                        .through = std::move(*through),
                                                        .write_key = o.write_key,
                                                        .http = o.http,
                                                        .max_idle = o.max_in_flight});
}

} // namespace sluice
