#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/sink/faults/script.hpp"
#include "cli/sink/tally.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// The settings of a sink.
struct sink_settings {
  /// 0: any free port.
  std::uint16_t port = 0;
  /// A file that gets a line for each accepted event; empty: none.
  std::string record{};
  fault_script faults{{}, 1};
  /// PEM files with a certificate (and its chain) and with its key. Both or none; none: plain HTTP.
  std::string tls_cert{};
  std::string tls_key{};
};

/// A `/v1/batch` endpoint on the loopback address. All its work happens on the thread that calls `run`.
class sink_server {
public:
  /// Binds the port, opens the record and reads the certificate. Errors name the option.
  static result<std::unique_ptr<sink_server>> open(sink_settings);
  ~sink_server();

  /// Returns `http://127.0.0.1:PORT`, or `https://localhost:PORT`, because certificates are for names.
  std::string url() const;
  /// Serves until `stop_fd` becomes readable. The times of the script count from this call.
  void run(int stop_fd);
  /// Returns the verdict. Call it on `run`'s thread, or after `run` has returned.
  const sink_counts& counts() const;
  /// Sets a function to call after every request.
  void on_request(std::function<void()>);

private:
  class impl;
  explicit sink_server(std::unique_ptr<impl>);
  std::unique_ptr<impl> impl_;
};

} // namespace sluice
