#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/endpoint.hpp"
#include "net/resolver.hpp"
#include "sluice/options.hpp"
#include "sluice/transport.hpp"
#include "transport/proxy.hpp"

namespace sluice {

/// The settings of an HTTP transport.
struct http_settings {
  endpoint to{};
  std::optional<proxy> through{};
  std::string write_key{};
  http_options http{};
  /// The most idle connections to keep open.
  std::size_t max_idle = 8;
  /// The longest that a connection is kept open without a request.
  milliseconds max_idle_time{60'000};
  resolver::look_up ask = ask_system;
};

/// Posts over HTTP/1.1, plain or TLS, on kept-alive connections, with one thread. Does not follow redirects.
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
