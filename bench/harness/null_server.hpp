#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

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

private:
  void run();

  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

} // namespace sluice::bench
