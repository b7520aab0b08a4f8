#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/sink/faults/script.hpp"
#include "cli/sink/tally.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// How a sink behaves.
struct sink_settings {
  /// 0: one that is free.
  std::uint16_t port = 0;
  /// A file that gets a line for each event that is taken; empty: none.
  std::string record{};
  fault_script faults{{}, 1};
  /// PEM files of a certificate, perhaps with its chain, and of its key. Both or none; none: plain HTTP.
  std::string tls_cert{};
  std::string tls_key{};
};

/// A `/v1/batch` endpoint on the loopback address. Everything happens on the thread that calls `run`.
class sink_server {
public:
  /// Binds the port, opens the record, reads the certificate. Errors name the option.
  static result<std::unique_ptr<sink_server>> open(sink_settings);
  ~sink_server();

  /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`: certificates are for names.
  std::string url() const;
  /// Serves until `stop_fd` becomes readable. The script's time begins here.
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
