#pragma once

#include "sluice/transport.hpp"

namespace sluice {

/// Reports every batch as delivered at once, on the caller's thread. Used with `enabled = false`.
class discard_transport : public transport {
public:
  void send(delivery_request, std::function<void(delivery_response)> done) override { done({.status = 200}); }
};

} // namespace sluice
