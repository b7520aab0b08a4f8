#pragma once

#include <optional>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace sluice {

/// One connection over TCP, plain or TLS. Both are the same Asio stream to its user.
class connection {
public:
  using executor_type = boost::asio::io_context::executor_type;
  using socket_type = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor_type>;

  explicit connection(boost::asio::io_context& io) : socket_{io} {}

  socket_type& socket() noexcept { return socket_; }
  void use_tls(boost::asio::ssl::context& context) { tls_.emplace(socket_, context); }
  boost::asio::ssl::stream<socket_type&>& tls() noexcept { return *tls_; }
  executor_type get_executor() noexcept { return socket_.get_executor(); }

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

  /// Closes the socket and ends the operations under way.
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  /// Returns whether it can carry another request: the server has neither closed it nor sent anything.
  bool is_quiet() {
    char byte = 0;
    const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

private:
  socket_type socket_;
  std::optional<boost::asio::ssl::stream<socket_type&>> tls_;
};

} // namespace sluice
