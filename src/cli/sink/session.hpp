#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "cli/sink/endpoint.hpp"
#include "net/connection.hpp"

namespace sluice {

/// The resources that all sessions of a sink share.
struct sink_resources {
  sink_endpoint endpoint;
  /// Connections use TLS if this is set.
  std::optional<boost::asio::ssl::context> tls{};
  std::function<void()> on_request = [] {};
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::size_t sessions = 0;
};

/// One connection of a sink. It serves one request after another, each phase under a deadline, and owns itself.
class sink_session : public std::enable_shared_from_this<sink_session> {
public:
  sink_session(sink_resources&, std::unique_ptr<connection>);
  ~sink_session();
  sink_session(const sink_session&) = delete;
  sink_session& operator=(const sink_session&) = delete;

  void start();

private:
  using error_code = boost::system::error_code;
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;
  using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void handshake();
  void read();
  void answer();
  void write(std::size_t bytes);
  void on_written(std::size_t bytes);
  /// Closes the connection after this time, unless another phase has begun.
  void limit_phase(std::chrono::milliseconds);
  /// Calls `next` after this time.
  void pause(std::chrono::milliseconds, void (sink_session::*next)());
  void write_one() { write(1); }
  void write_first() { write(reply_.at_once); }
  std::chrono::milliseconds since_start() const;

  sink_resources& shared_;
  std::unique_ptr<connection> connection_;
  timer deadline_;
  timer pace_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  sink_reply reply_;
  std::size_t sent_ = 0;
};

} // namespace sluice
