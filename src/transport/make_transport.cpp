#include "transport/make_transport.hpp"

#include "core/endpoint.hpp"
#include "transport/discard_transport.hpp"
#include "transport/http_transport.hpp"
#include "transport/proxy.hpp"

namespace sluice {

transport_factory make_transport_factory(const options& o) {
  if (!o.enabled)
    return [] { return std::make_unique<discard_transport>(); };
  const auto to = parse_endpoint(o.data_plane_url, o.allow_insecure);
  http_settings settings{.to = *to,
                         .through = proxy_for(*to, from_environment),
                         .write_key = o.write_key,
                         .http = o.http,
                         .max_idle = o.max_in_flight};
  return [settings] { return std::make_unique<http_transport>(settings); };
}

} // namespace sluice
