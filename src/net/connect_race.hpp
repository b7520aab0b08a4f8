#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "net/connection.hpp"
#include "net/resolver.hpp"

namespace sluice {

/// Returns the addresses in the order in which they are tried; see `connect_order`.
resolver::addresses in_connect_order(const resolver::addresses&, const std::optional<stream_address>& worked_last);

/// Returns them as a race takes them.
inline std::vector<stream_address> streams_of(const resolver::addresses& a) {
  return std::vector<stream_address>(a.begin(), a.end());
}

/// Connects to the first of several addresses that answers (RFC 8305): they are tried in their order, the next one when
/// an attempt has failed or has taken a while. Runs on the I/O thread.
class connect_race : public std::enable_shared_from_this<connect_race> {
public:
  /// Gets the connection, or null and the error of the last address that failed.
  using handler = std::function<void(std::shared_ptr<connection>, boost::system::error_code)>;

  connect_race(boost::asio::io_context&, std::vector<stream_address>, handler);

  /// Calls the handler once, unless the race is cancelled before. There is at least one address.
  void start();
  void cancel();

private:
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;

  void try_next();
  void on_connect(const std::shared_ptr<connection>&, boost::system::error_code);
  void end(std::shared_ptr<connection>, boost::system::error_code);

  boost::asio::io_context& io_;
  const std::vector<stream_address> addresses_;
  handler done_;
  timer stagger_;
  std::size_t tried_ = 0;
  std::vector<std::shared_ptr<connection>> under_way_;
};

} // namespace sluice
