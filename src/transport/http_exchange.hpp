#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "sluice/transport.hpp"
#include "transport/connection.hpp"
#include "transport/http_transport.hpp"
#include "transport/resolver.hpp"

namespace sluice {

/// The resources that all exchanges of a transport share. Used on the I/O thread.
struct exchange_resources {
  boost::asio::io_context& io;
  const http_settings& settings;
  boost::asio::ssl::context& tls;
  resolver& names;
  /// Returns an idle connection, or null.
  std::function<std::unique_ptr<connection>()> take_idle;
  /// Keeps a connection for the next exchange.
  std::function<void(std::unique_ptr<connection>)> give_idle;
};

/// One request and its response: connect (through a proxy if there is one), handshake, send, receive. Each phase has
/// its deadline, and `http.total` bounds all of them. Runs on the I/O thread.
class http_exchange : public std::enable_shared_from_this<http_exchange> {
public:
  using done_handler = std::function<void(delivery_response)>;

  http_exchange(exchange_resources&, delivery_request, done_handler);

  void start();
  /// Ends the exchange as `cancelled`, unless it has ended.
  void cancel();

private:
  using error_code = boost::system::error_code;
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;
  using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  void connect();
  void try_address(std::size_t i);
  void open_tunnel();
  void handshake();
  void send();
  void receive();
  void on_response();
  void fail(transport_failure, const std::string& why);
  void finish(delivery_response);
  void limit_phase(std::chrono::milliseconds, const char* phase);
  /// Wraps the next step: it does nothing after the end, and reports an expired deadline as `timeout`.
  template <class F>
  auto step(transport_failure on_error, F next);
  std::string request_head() const;

  exchange_resources& shared_;
  delivery_request request_;
  done_handler done_;
  /// A reference to itself until the end, because between two steps nothing else may hold one.
  std::shared_ptr<http_exchange> keep_;
  std::unique_ptr<connection> connection_;
  bool reused_ = false;
  resolver::addresses addresses_;
  std::string head_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  timer deadline_;
  std::chrono::steady_clock::time_point end_;
  const char* phase_ = "";
  bool expired_ = false;
};

} // namespace sluice
