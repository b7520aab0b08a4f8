#pragma once

#include <string>
#include <utility>

#include "sluice/transport.hpp"

namespace sluice {

/// Fails every attempt for the same reason, on the caller's thread. Used if the environment names a proxy that cannot
/// be used, because such a proxy must not be bypassed.
class unusable_transport : public transport {
public:
  explicit unusable_transport(std::string why) : why_{std::move(why)} {}

  void send(delivery_request, std::function<void(delivery_response)> done) override {
    done({.failure = transport_failure::proxy, .detail = why_});
  }

private:
  const std::string why_;
};

} // namespace sluice
