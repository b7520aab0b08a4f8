#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "harness/measure.hpp"

namespace sluice::bench {

/// The cheapest possible data plane: one thread on loopback reads requests by their length and answers 200.
class null_server {
public:
  null_server();
  ~null_server();
  null_server(const null_server&) = delete;
  null_server& operator=(const null_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// How many requests it has answered, or is about to answer.
  std::int64_t requests() const noexcept { return requests_; }
  /// What its thread has used.
  usage used() const { return usage_of_thread(thread_id_); }

private:
  void run();

  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<std::int64_t> requests_ = 0;
  std::atomic<int> thread_id_ = 0;
  std::thread thread_;
};

} // namespace sluice::bench
