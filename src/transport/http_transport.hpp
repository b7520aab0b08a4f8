#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/endpoint.hpp"
#include "sluice/options.hpp"
#include "sluice/transport.hpp"
#include "transport/proxy.hpp"

namespace sluice {

/// What an HTTP transport needs to know.
struct http_settings {
  endpoint to{};
  std::optional<proxy> through{};
  std::string write_key{};
  http_options http{};
  /// Connections that are kept open for the next request.
  std::size_t max_idle = 8;
};

/// Posts over HTTP/1.1, plain or TLS, on kept-alive connections, with one thread. No redirect is followed.
class http_transport : public transport {
public:
  explicit http_transport(http_settings);
  ~http_transport() override;

  void send(delivery_request, std::function<void(delivery_response)> done) override;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace sluice
