#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/sink/endpoint.hpp"
#include "server/service.hpp"

namespace sluice {

/// Serves a sink's endpoint: sends what it replies, when it says. The times of the script count from the creation.
class sink_service : public service {
public:
  sink_service(fault_script faults, sink_record record) : endpoint_{std::move(faults), std::move(record)} {}

  bool shakes_hands() override { return !endpoint_.cuts_handshake(since_start()); }
  std::optional<reply> admit(const request_head&) override { return std::nullopt; }
  void take(const request_head&, std::string body, responder) override;

  const sink_counts& counts() const noexcept { return endpoint_.counts(); }

private:
  std::chrono::milliseconds since_start() const;

  sink_endpoint endpoint_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace sluice
