#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace sluice {

/// The address of a peer: of TCP or of a Unix socket.
using stream_address = boost::asio::generic::stream_protocol::endpoint;

/// The bytes between this process and its peer: over TCP or a Unix socket, or to a proxy over TLS.
class link {
public:
  using executor_type = boost::asio::io_context::executor_type;
  using socket_type = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, executor_type>;
  using lowest_layer_type = socket_type::lowest_layer_type;

  explicit link(boost::asio::io_context& io) : socket_{io} {}

  socket_type& socket() noexcept { return socket_; }
  lowest_layer_type& lowest_layer() noexcept { return socket_.lowest_layer(); }
  executor_type get_executor() noexcept { return socket_.get_executor(); }
  std::optional<boost::asio::ssl::stream<socket_type&>>& tls() noexcept { return tls_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    else
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    else
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

private:
  socket_type socket_;
  std::optional<boost::asio::ssl::stream<socket_type&>> tls_;
};

/// One connection over a link, plain or TLS. Both are the same Asio stream to its user. Once it can carry requests a
/// read is always pending, also while it is idle, so that nothing arrives unnoticed.
class connection : public std::enable_shared_from_this<connection> {
public:
  using error_code = boost::system::error_code;
  using executor_type = link::executor_type;
  /// Called when bytes were added to `received()`, and with an error, for the last time, when no more can come.
  using listener = std::function<void(error_code)>;

  explicit connection(boost::asio::io_context& io) : link_{io} {}

  link::socket_type& socket() noexcept { return link_.socket(); }
  link& below() noexcept { return link_; }
  /// Adds TLS to the link, for a proxy.
  auto& use_tls_below(boost::asio::ssl::context& context) { return link_.tls().emplace(link_.socket(), context); }
  /// Adds TLS over the link, for the server.
  auto& use_tls(boost::asio::ssl::context& context) { return tls_.emplace(link_, context); }
  boost::asio::ssl::stream<link&>& tls() noexcept { return *tls_; }
  executor_type get_executor() noexcept { return link_.get_executor(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    else
      link_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    else
      link_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  /// Begins to read, unless it has begun. From then on only the listener reads.
  void start_reading();
  /// Replaces the listener.
  void listen(listener to) { listener_ = std::move(to); }
  /// The bytes that have arrived and that no listener has consumed. Used by listeners only.
  boost::beast::flat_buffer& received() noexcept { return received_; }

  /// Notes that the answer to the last request has been read to its end.
  void rest();
  /// Returns whether nothing has arrived since the last answer, or since the handshake: neither in the socket nor in
  /// a TLS engine, where even a part of a record counts.
  bool is_quiet();

  /// Closes the socket and ends the operations under way.
  void close();

private:
  void read();
  /// The innermost TLS engine, or null.
  SSL* engine();

  link link_;
  std::optional<boost::asio::ssl::stream<link&>> tls_;
  boost::beast::flat_buffer received_;
  listener listener_;
  bool reading_ = false;
  // The bytes that the innermost TLS engine had taken up to the last answer.
  std::uint64_t taken_at_rest_ = 0;
};

} // namespace sluice
