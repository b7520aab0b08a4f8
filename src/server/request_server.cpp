#include "server/request_server.hpp"

#include <atomic>
#include <thread>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "net/server_tls.hpp"
#include "server/session.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

namespace sluice {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using executor = asio::io_context::executor_type;

namespace {

// How long to wait for a descriptor to become free.
constexpr std::chrono::milliseconds accept_pause{100};

} // namespace

class server_identity {
public:
  explicit server_identity(asio::ssl::context c) : context{std::move(c)} {}

  asio::ssl::context context;
};

result<std::shared_ptr<server_identity>> read_identity(const std::string& certificate_file,
                                                       const std::string& key_file) {
  auto tls = server_tls({.certificate_file = certificate_file, .key_file = key_file});
  if (!tls)
    return error{tls.error().code, "tls_" + tls.error().field, tls.error().message};
  return std::make_shared<server_identity>(std::move(*tls));
}

class request_server::impl {
public:
  impl(service& serves, const request_server_limits& limits, std::shared_ptr<server_identity> identity,
       std::function<void(const std::string&)> complain)
      : complain_{std::move(complain)}, identity_{std::move(identity)}, shared_{.serves = serves, .limits = limits} {
    shared_.tls = identity_ ? &identity_->context : nullptr;
    shared_.way = std::make_shared<way_to_server>(io_);
    shared_.ended = [this] {
      connections_ = shared_.all.size();
      if (shared_.is_ending && shared_.all.empty())
        last_moment_.cancel();
    };
  }

  ~impl() {
    if (thread_.joinable()) {
      asio::post(io_, [this] { end(); });
      thread_.join();
    }
    shared_.ended = [] {};
    shared_.way->close();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void start(const listener& from) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(from.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size);
    is_tcp_ = bound.ss_family != AF_UNIX;
    const int own = ::fcntl(from.descriptor(), F_DUPFD_CLOEXEC, 0);
    acceptor_.assign(asio::generic::stream_protocol{bound.ss_family, is_tcp_ ? IPPROTO_TCP : 0}, own);
    accept();
    thread_ = std::thread{[this] {
      ::pthread_setname_np(::pthread_self(), "sluice-server");
      run();
    }};
  }

  void post(std::function<void()> what) { shared_.way->post(std::move(what)); }
  std::size_t connections() const { return connections_; }

private:
  // What cannot go on for want of memory ends its own connection, and no other.
  void run() {
    for (bool is_over = false; !is_over;) {
      try {
        io_.run();
        is_over = true;
      } catch (const std::exception& why) {
        complain_(std::string{"a connection of the server has ended: "} + why.what());
      }
    }
  }

  void accept() {
    next_ = std::make_unique<connection>(io_);
    acceptor_.async_accept(next_->socket(), [this](error_code why) {
      if (shared_.is_ending)
        return;
      if (why)
        return accept_later(why);
      auto come = std::move(next_);
      accept(); // first, so that it goes on if there is no memory for what has come
      begin(std::move(come));
    });
  }

  void begin(std::unique_ptr<connection> c) {
    if (is_tcp_) { // else an answer could wait for the acknowledgement of the one before
      const int yes = 1;
      ::setsockopt(c->socket().native_handle(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    // Whoever has waited longest without a request gives way, so that idle and slow clients keep nobody out.
    if (shared_.all.size() >= shared_.limits.max_connections && !shared_.waiting.empty())
      shared_.waiting.front()->close();
    else if (shared_.all.size() >= shared_.limits.max_connections)
      return;
    std::make_shared<session>(shared_, std::move(c))->start();
    connections_ = shared_.all.size();
  }

  // The connection still waits to be accepted, so that trying at once would only fail again.
  void accept_later(error_code why) {
    if (!std::exchange(said_, true))
      complain_("the server cannot accept connections: " + why.message() + "; trying again");
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](error_code aborted) {
      if (!aborted && !shared_.is_ending)
        accept();
    });
  }

  void end() {
    shared_.is_ending = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    last_moment_.expires_after(last_words);
    last_moment_.async_wait([this](error_code) {
      for (auto* s : std::list<session*>{shared_.all})
        s->close();
      stay_.reset();
    });
    for (auto* s : std::list<session*>{shared_.all})
      s->end();
    if (shared_.all.empty())
      last_moment_.cancel();
  }

  using timer =
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

  std::function<void(const std::string&)> complain_;
  std::shared_ptr<server_identity> identity_;
  // Declared before the context, because the context destroys the sessions under way.
  session_resources shared_;
  std::atomic<std::size_t> connections_{0};
  asio::io_context io_{1};
  asio::executor_work_guard<executor> stay_{io_.get_executor()};
  asio::basic_socket_acceptor<asio::generic::stream_protocol, executor> acceptor_{io_};
  timer pause_{io_}, last_moment_{io_};
  std::unique_ptr<connection> next_;
  bool is_tcp_ = true;
  bool said_ = false;
  std::thread thread_;
};

request_server::request_server(const listener& from, service& serves, const request_server_limits& limits,
                               std::shared_ptr<server_identity> identity,
                               std::function<void(const std::string&)> complain)
    : impl_{std::make_unique<impl>(serves, limits, std::move(identity), std::move(complain))} {
  impl_->start(from);
}

request_server::~request_server() = default;

void request_server::post(std::function<void()> what) {
  impl_->post(std::move(what));
}

std::size_t request_server::connections() const {
  return impl_->connections();
}

} // namespace sluice
