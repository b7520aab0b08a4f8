#include "support/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sluice::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

class http_server::impl {
public:
  impl(handler answer, const identity_files* identity) : answer_{std::move(answer)} {
    if (identity) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain_file(identity->certificate);
      tls_->use_private_key_file(identity->key, asio::ssl::context::pem);
    }
    const tcp::endpoint loopback{asio::ip::address_v4::loopback(), 0};
    acceptor_.open(loopback.protocol());
    acceptor_.bind(loopback);
    acceptor_.listen();
    std::lock_guard guard{mutex_}; // until the thread is in the list that it adds to
    threads_.emplace_back([this] { accept(); });
  }

  ~impl() {
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    drop();
    for (;;) {
      std::vector<std::thread> now;
      {
        std::lock_guard guard{mutex_};
        now.swap(threads_);
      }
      if (now.empty())
        return;
      for (auto& t : now)
        t.join();
    }
  }

  void drop() {
    std::lock_guard guard{mutex_};
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }

  void accept() {
    for (;;) {
      auto io = std::make_unique<asio::io_context>();
      tcp::socket socket{*io};
      error_code why;
      acceptor_.accept(socket, why);
      std::lock_guard guard{mutex_};
      if (why || stopping_)
        return;
      const auto number = connections_++;
      threads_.emplace_back(
          [this, number, own = std::move(io), s = std::move(socket)]() mutable { serve(*own, std::move(s), number); });
    }
  }

  void serve(asio::io_context& io, tcp::socket socket, std::size_t number) {
    const int fd = socket.native_handle();
    remember(fd);
    if (tls_) {
      asio::ssl::stream<tcp::socket> stream{std::move(socket), *tls_};
      error_code why;
      stream.handshake(asio::ssl::stream_base::server, why);
      if (!why)
        talk(io, stream, number);
      forget(fd);
    } else {
      talk(io, socket, number);
      forget(fd);
    }
  }

  void remember(int fd) {
    std::lock_guard guard{mutex_};
    open_.insert(fd);
    if (stopping_)
      ::shutdown(fd, SHUT_RDWR);
  }

  // While the descriptor is still open, so that its number is nobody else's.
  void forget(int fd) {
    std::lock_guard guard{mutex_};
    open_.erase(fd);
  }

  template <class Stream>
  void talk(asio::io_context& io, Stream& stream, std::size_t number) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(std::uint64_t{64} << 20);
      error_code why;
      http::read_header(stream, buffer, parser, why);
      if (const auto early = why ? std::nullopt : early_reply()) {
        give(stream, *early);
        if (!early->close)
          wait_for_end();
        return;
      }
      if (!why)
        http::read(stream, buffer, parser, why);
      if (why)
        return;
      const auto reply = answer(parser.get(), number);
      if (parser.get().method() == http::verb::connect && reply.status == 200)
        return tunnel(io, stream, std::string{parser.get().target()}, reply.stray);
      if (!give(stream, reply) || reply.close)
        return;
    }
  }

  http_reply answer(const http::request<http::string_body>& r, std::size_t number) {
    http_request request{.method = std::string{r.method_string()},
                         .target = std::string{r.target()},
                         .body = r.body(),
                         .connection = number};
    for (const auto& field : r) {
      std::string name{field.name_string()};
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      request.headers[name] = std::string{field.value()};
    }
    std::unique_lock guard{mutex_};
    requests_.push_back(request);
    auto reply = answer_(request);
    changed_.notify_all();
    if (reply.hang)
      changed_.wait(guard, [this] { return stopping_; });
    if (reply.when)
      changed_.wait(guard, [&] { return stopping_ || reply.when(); });
    return reply;
  }

  std::optional<http_reply> early_reply() {
    std::lock_guard guard{mutex_};
    return early_;
  }

  void wait_for_end() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return stopping_; });
  }

  // True if the server ends meanwhile.
  bool wait(std::chrono::milliseconds t) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, t, [this] { return stopping_; });
  }

  template <class Stream>
  bool give(Stream& stream, const http_reply& reply) {
    error_code why;
    if (reply.hang || (reply.close && reply.status == 0))
      return false;
    if (reply.reset) {
      stream.lowest_layer().set_option(asio::socket_base::linger{true, 0}, why);
      return false;
    }
    if (!reply.raw.empty()) {
      asio::write(stream, asio::buffer(reply.raw), why);
      ++replies_;
      while (!reply.forever.empty() && !why && !wait(reply.every))
        asio::write(stream, asio::buffer(reply.forever), why);
      return false;
    }
    http::response<http::string_body> r;
    r.result(static_cast<unsigned>(reply.status));
    for (const auto& [name, value] : reply.headers)
      r.set(name, value);
    r.keep_alive(!reply.close);
    r.body() = reply.body;
    r.prepare_payload();
    send_at_once(stream, false);
    http::write(stream, r, why);
    if (!reply.stray.empty() && !why)
      asio::write(stream, asio::buffer(reply.stray), why);
    send_at_once(stream, true);
    ++replies_;
    return !why;
  }

  // While off, what is written is gathered.
  template <class Stream>
  static void send_at_once(Stream& stream, bool on) {
    const int cork = on ? 0 : 1;
    ::setsockopt(stream.lowest_layer().native_handle(), IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
  }

  // Passes bytes on in both directions until either side ends.
  template <class Stream>
  void tunnel(asio::io_context& io, Stream& client, const std::string& target, const std::string& stray) {
    const auto colon = target.rfind(':');
    error_code why;
    tcp::resolver names{io};
    tcp::socket server{io};
    asio::connect(server, names.resolve(target.substr(0, colon), target.substr(colon + 1), why), why);
    if (why || !give(client, {.status = 200, .stray = stray}))
      return;
    remember(server.native_handle());
    const auto end = [&] {
      error_code ignored;
      server.shutdown(tcp::socket::shutdown_both, ignored);
      client.lowest_layer().shutdown(tcp::socket::shutdown_both, ignored);
    };
    std::vector<char> up(16'384), down(16'384);
    pass(client, server, up, end);
    pass(server, client, down, end);
    io.run();
    forget(server.native_handle());
  }

  template <class From, class To, class End>
  static void pass(From& from, To& to, std::vector<char>& some, End end) {
    from.async_read_some(asio::buffer(some), [&from, &to, &some, end](error_code why, std::size_t n) {
      if (why)
        return end();
      asio::async_write(to, asio::buffer(some.data(), n), [&from, &to, &some, end](error_code failed, std::size_t) {
        if (failed)
          return end();
        pass(from, to, some, end);
      });
    });
  }

  handler answer_;
  std::optional<http_reply> early_;
  asio::io_context io_;
  std::optional<asio::ssl::context> tls_;
  tcp::acceptor acceptor_{io_};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::set<int> open_;
  std::size_t connections_ = 0;
  std::atomic<std::size_t> replies_{0};
  std::vector<http_request> requests_;
  std::vector<std::thread> threads_;
};

http_server::http_server(handler answer, const identity_files* identity)
    : impl_{std::make_unique<impl>(std::move(answer), identity)} {}

http_server::~http_server() = default;

std::uint16_t http_server::port() const {
  return impl_->acceptor_.local_endpoint().port();
}

std::string http_server::url() const {
  return (impl_->tls_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port());
}

std::vector<http_request> http_server::requests() const {
  std::lock_guard guard{impl_->mutex_};
  return impl_->requests_;
}

std::size_t http_server::connections() const {
  std::lock_guard guard{impl_->mutex_};
  return impl_->connections_;
}

std::size_t http_server::replies() const {
  return impl_->replies_;
}

void http_server::reply_early(const http_reply& reply) {
  std::lock_guard guard{impl_->mutex_};
  impl_->early_ = reply;
}

std::size_t http_server::open_connections() const {
  std::lock_guard guard{impl_->mutex_};
  return impl_->open_.size();
}

void http_server::send_stray(const std::string& bytes) {
  std::lock_guard guard{impl_->mutex_};
  for (const int fd : impl_->open_)
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void http_server::drop_connections() {
  impl_->drop();
}

} // namespace sluice::test
