#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "core/delivery/timeout_reason.hpp"
#include "net/connect_race.hpp"
#include "net/connection.hpp"
#include "net/resolver.hpp"
#include "sluice/transport.hpp"
#include "transport/http_answer.hpp"
#include "transport/http_transport.hpp"
#include "transport/idle_connections.hpp"

namespace sluice {

/// The resources that all exchanges of a transport share. Used on the I/O thread.
struct exchange_resources {
  boost::asio::io_context& io;
  const http_settings& settings;
  boost::asio::ssl::context& tls;
  resolver& names;
  idle_connections& idle;
  /// The address of the last connection.
  std::optional<stream_address> worked_last{};
};

/// One request and its answer: connect (through a proxy if there is one), handshake, send, and receive meanwhile. Each
/// phase has its deadline, and `http.total` bounds all of them. Once a status has arrived it is the outcome, whatever
/// happens to the rest of the answer or of the request. Runs on the I/O thread.
class http_exchange : public std::enable_shared_from_this<http_exchange> {
public:
  using done_handler = std::function<void(delivery_response)>;

  http_exchange(exchange_resources&, delivery_request, done_handler);

  void start();
  /// Ends the exchange with the status that has arrived, or else as `cancelled`, unless it has ended.
  void cancel();

private:
  using error_code = boost::system::error_code;
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;
  /// The answer to CONNECT.
  struct tunnel_answer {
    boost::beast::flat_buffer buffer;
    boost::beast::http::response_parser<boost::beast::http::empty_body> parser;
  };

  void connect();
  void race(const resolver::addresses&);
  void on_connect();
  void reach_server();
  void open_tunnel();
  void on_tunnel(tunnel_answer&);
  void handshake();
  /// Verifies the host and encrypts the stream to it, and goes on.
  template <class Stream, class F>
  void encrypt(Stream&, const std::string& host, const std::string& port, transport_failure on_error, F next);
  void send();
  void on_sent(error_code);
  void on_received(error_code);
  /// Ends the exchange with the answer's status.
  void conclude();
  /// Ends the exchange because the connection brings no status.
  void fail_without_status(const std::string& why);
  void fail(transport_failure, const std::string& why);
  void finish(delivery_response);
  void limit_phase(std::chrono::milliseconds, attempt_phase, std::string peer);
  /// The host to which a connection is made: the server or the proxy.
  const std::string& looked_up() const;
  std::string proxy_name() const;
  /// Wraps the next step: it does nothing after the end.
  template <class F>
  auto step(transport_failure on_error, F next);
  std::string request_head() const;

  exchange_resources& shared_;
  delivery_request request_;
  done_handler done_;
  /// A reference to itself until the end, because between two steps nothing else may hold one.
  std::shared_ptr<http_exchange> keep_;
  std::shared_ptr<connection> connection_;
  bool reused_ = false;
  std::shared_ptr<connect_race> race_;
  std::string head_;
  std::optional<http_answer> answer_;
  bool sent_ = false;
  /// Why the request could not be sent; empty unless that is so.
  std::string send_error_;
  timer deadline_;
  std::chrono::steady_clock::time_point end_;
  attempt_wait wait_;
};

} // namespace sluice
