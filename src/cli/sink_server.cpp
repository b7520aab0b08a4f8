#include "cli/sink_server.hpp"

#include <cerrno>
#include <cstring>
#include <random>
#include <unordered_set>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "cli/sink_contract.hpp"
#include "core/json_writer.hpp"

namespace sluice {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using error_code = boost::system::error_code;
using executor = asio::io_context::executor_type;
using socket_type = asio::basic_stream_socket<asio::ip::tcp, executor>;
using timer_type =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

namespace {

constexpr std::size_t max_body = std::size_t{16} << 20;
constexpr std::uint32_t max_header = 64 * 1024;
constexpr std::size_t max_connections = 1024;
constexpr std::chrono::seconds read_deadline{120};

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += static_cast<unsigned char>(c) < 0x21 || c == 0x7f ? '?' : c;
  return out;
}

} // namespace

class sink_server::impl {
public:
  impl(const sink_settings& s, int record) : settings_{s}, record_{record}, random_{s.seed} {}
  ~impl() {
    if (record_ >= 0)
      ::close(record_);
  }

  struct answer {
    int status = 200;
    std::string body{};
  };

  answer take(const http::request<http::string_body>& r) {
    ++counts_.requests;
    const auto ids = check_contract({.method = {r.method_string().data(), r.method_string().size()},
                                     .target = {r.target().data(), r.target().size()},
                                     .authorization = header(r, "Authorization"),
                                     .content_type = header(r, "Content-Type"),
                                     .content_encoding = header(r, "Content-Encoding"),
                                     .user_agent = header(r, "User-Agent"),
                                     .idempotency_key = header(r, "Idempotency-Key"),
                                     .body = r.body()});
    if (!ids) {
      ++counts_.broken;
      std::string reason;
      json_writer{reason}.string(ids.error().field + ": " + ids.error().message, "");
      return {400, "{\"error\":" + reason + "}"};
    }
    int status = settings_.status != 0 ? settings_.status : 200;
    if (settings_.fail_rate > 0 && std::uniform_real_distribution<>{}(random_) < settings_.fail_rate)
      status = 503;
    if (status / 100 != 2) {
      ++counts_.failed;
      return {status, "{\"error\":\"the sink was told to fail\"}"};
    }
    if (!record(*ids, header(r, "Idempotency-Key")))
      return {500, "{\"error\":\"the record cannot be written\"}"};
    for (const auto& id : *ids) {
      ++counts_.events;
      counts_.duplicates += seen_.insert(id).second ? 0 : 1;
    }
    return {status, "{}"};
  }

  asio::io_context io_{1};
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor_{io_};
  sink_settings settings_;
  sink_counts counts_;
  std::size_t connections_ = 0;
  std::function<void()> on_request_ = [] {};

private:
  static std::string_view header(const http::request<http::string_body>& r, const char* name) {
    const auto value = r[name];
    return {value.data(), value.size()};
  }

  // Before the answer goes out: what was answered is in the record.
  bool record(const std::vector<std::string>& ids, std::string_view batch) const {
    if (record_ < 0)
      return true;
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    const auto rest = " " + one_line(batch) + " " + std::to_string(now.count()) + "\n";
    std::string lines;
    for (const auto& id : ids)
      lines += one_line(id) + rest;
    for (std::size_t done = 0; done < lines.size();) {
      const auto n = ::write(record_, lines.data() + done, lines.size() - done);
      if (n < 0 && errno != EINTR)
        return false;
      done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    return true;
  }

  int record_;
  std::mt19937_64 random_;
  std::unordered_set<std::string> seen_;
};

namespace {

// One connection: request after request.
template <class Server>
class session : public std::enable_shared_from_this<session<Server>> {
public:
  session(Server& server, socket_type socket) : server_{server}, socket_{std::move(socket)}, timer_{server.io_} {
    ++server_.connections_;
  }
  ~session() { --server_.connections_; }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void read() {
    parser_.emplace();
    parser_->body_limit(max_body);
    parser_->header_limit(max_header);
    timer_.expires_after(read_deadline);
    timer_.async_wait([weak = this->weak_from_this()](error_code why) {
      if (auto self = weak.lock(); self && !why)
        self->close();
    });
    http::async_read(socket_, buffer_, *parser_, [self = this->shared_from_this()](error_code why, std::size_t) {
      self->timer_.cancel();
      if (!why)
        self->answer();
    });
  }

private:
  void answer() {
    const auto a = server_.take(parser_->get());
    server_.on_request_();
    response_ = {};
    response_.result(static_cast<unsigned>(a.status));
    response_.version(11);
    response_.keep_alive(parser_->get().keep_alive());
    response_.set(http::field::content_type, "application/json");
    response_.body() = a.body;
    response_.prepare_payload();
    if (server_.settings_.latency.count() == 0)
      return write();
    timer_.expires_after(server_.settings_.latency);
    timer_.async_wait([self = this->shared_from_this()](error_code why) {
      if (!why)
        self->write();
    });
  }

  void write() {
    http::async_write(socket_, response_, [self = this->shared_from_this()](error_code why, std::size_t) {
      if (!why && self->response_.keep_alive())
        self->read();
    });
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  Server& server_;
  socket_type socket_;
  timer_type timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

template <class Server>
void accept(Server& server) {
  server.acceptor_.async_accept(server.io_, [&server](error_code why, socket_type socket) {
    if (why == asio::error::operation_aborted)
      return;
    if (!why && server.connections_ < max_connections)
      std::make_shared<session<Server>>(server, std::move(socket))->read();
    accept(server);
  });
}

} // namespace

result<std::unique_ptr<sink_server>> sink_server::open(const sink_settings& s) {
  int record = -1;
  if (!s.record.empty() && (record = ::open(s.record.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0)
    return error{errc::invalid_option, "--record", s.record + ": " + std::strerror(errno)};
  auto server = std::make_unique<impl>(s, record);
  const asio::ip::tcp::endpoint address{asio::ip::address_v4::loopback(), s.port};
  error_code why;
  server->acceptor_.open(address.protocol(), why);
  server->acceptor_.set_option(asio::socket_base::reuse_address{true}, why);
  server->acceptor_.bind(address, why);
  if (!why)
    server->acceptor_.listen(asio::socket_base::max_listen_connections, why);
  if (why)
    return error{errc::invalid_option, "--port",
                 "cannot listen on 127.0.0.1:" + std::to_string(s.port) + ": " + why.message()};
  return std::unique_ptr<sink_server>{new sink_server{std::move(server)}};
}

sink_server::sink_server(std::unique_ptr<impl> i) : impl_{std::move(i)} {}

sink_server::~sink_server() = default;

std::uint16_t sink_server::port() const {
  error_code ignored;
  return impl_->acceptor_.local_endpoint(ignored).port();
}

void sink_server::run(int stop_fd) {
  asio::posix::basic_stream_descriptor<executor> stop{impl_->io_, ::dup(stop_fd)};
  stop.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code) { impl_->io_.stop(); });
  accept(*impl_);
  impl_->io_.run();
}

const sink_counts& sink_server::counts() const {
  return impl_->counts_;
}

void sink_server::on_request(std::function<void()> f) {
  impl_->on_request_ = std::move(f);
}

} // namespace sluice
