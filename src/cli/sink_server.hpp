#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// How a sink behaves.
struct sink_settings {
  /// 0: one that is free.
  std::uint16_t port = 0;
  /// A file that gets a line for each event that is taken; empty: none.
  std::string record{};
  /// The part of the requests that is answered with 503.
  double fail_rate = 0;
  /// If not 0, every request that is not broken gets this status.
  int status = 0;
  std::chrono::milliseconds latency{0};
  std::uint64_t seed = 1;
};

struct sink_counts {
  std::uint64_t requests = 0;
  /// Taken, each as often as it came.
  std::uint64_t events = 0;
  /// Of them, those whose message id had come before.
  std::uint64_t duplicates = 0;
  /// Requests that were answered with an error on purpose …
  std::uint64_t failed = 0;
  /// … and because they broke the contract.
  std::uint64_t broken = 0;
};

/// A `/v1/batch` endpoint on the loopback address. Everything happens on the thread that calls `run`.
class sink_server {
public:
  /// Binds the port and opens the record. Errors name the option.
  static result<std::unique_ptr<sink_server>> open(const sink_settings&);
  ~sink_server();

  std::uint16_t port() const;
  /// Serves until `stop_fd` becomes readable.
  void run(int stop_fd);
  /// Any time on `run`'s thread, or after it.
  const sink_counts& counts() const;
  /// Called after every request.
  void on_request(std::function<void()>);

private:
  class impl;
  explicit sink_server(std::unique_ptr<impl>);
  std::unique_ptr<impl> impl_;
};

} // namespace sluice
