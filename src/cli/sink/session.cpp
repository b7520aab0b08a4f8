#include "cli/sink/session.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace sluice {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_body = std::size_t{16} << 20;
constexpr std::uint32_t max_header = 64 * 1024;
constexpr std::chrono::seconds handshake_deadline{10};
// The deadline of a request, from the end of the previous one, and of a reply.
constexpr std::chrono::seconds deadline{120};

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

sink_session::sink_session(sink_resources& shared, std::unique_ptr<connection> c)
    : shared_{shared},
      connection_{std::move(c)}, deadline_{connection_->get_executor()}, pace_{connection_->get_executor()} {
  ++shared_.sessions;
}

sink_session::~sink_session() {
  --shared_.sessions;
}

void sink_session::start() {
  if (!shared_.tls)
    return read();
  limit_phase(handshake_deadline);
  if (!shared_.endpoint.cuts_handshake(since_start()))
    return handshake();
  // Closes only after the client's hello, so that the connection breaks inside the handshake.
  connection_->socket().async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code) {
    self->deadline_.cancel();
    self->connection_->close();
  });
}

void sink_session::handshake() {
  connection_->use_tls(*shared_.tls);
  connection_->tls().async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code why) {
    if (!why)
      self->read();
  });
}

void sink_session::read() {
  parser_.emplace();
  parser_->body_limit(max_body);
  parser_->header_limit(max_header);
  limit_phase(deadline);
  http::async_read(*connection_, buffer_, *parser_, [self = shared_from_this()](error_code why, std::size_t) {
    if (!why)
      self->answer();
  });
}

void sink_session::answer() {
  const auto& r = parser_->get();
  reply_ = shared_.endpoint.take({.method = view(r.method_string()),
                                  .target = view(r.target()),
                                  .authorization = view(r[http::field::authorization]),
                                  .content_type = view(r[http::field::content_type]),
                                  .content_encoding = view(r[http::field::content_encoding]),
                                  .user_agent = view(r[http::field::user_agent]),
                                  .idempotency_key = view(r["Idempotency-Key"]),
                                  .body = r.body(),
                                  .keep_alive = r.keep_alive()},
                                 since_start());
  shared_.on_request();
  sent_ = 0;
  limit_phase(reply_.latency + deadline);
  if (reply_.latency.count() > 0)
    pause(reply_.latency, &sink_session::write_first);
  else
    write_first();
}

void sink_session::write(std::size_t bytes) {
  if (bytes == 0)
    return on_written(0);
  asio::async_write(*connection_, asio::buffer(reply_.bytes.data() + sent_, bytes),
                    [self = shared_from_this()](error_code why, std::size_t n) {
                      if (!why)
                        self->on_written(n);
                    });
}

void sink_session::on_written(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < reply_.bytes.size())
    return pause(reply_.byte_every, &sink_session::write_one);
  if (!reply_.close)
    return read();
  deadline_.cancel();
  connection_->close();
}

void sink_session::limit_phase(milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this()](error_code why) {
    const auto self = weak.lock();
    if (self && !why && self->deadline_.expiry() <= std::chrono::steady_clock::now())
      self->connection_->close();
  });
}

void sink_session::pause(milliseconds time, void (sink_session::*next)()) {
  pace_.expires_after(time);
  pace_.async_wait([self = shared_from_this(), next](error_code why) {
    if (!why)
      (self.get()->*next)();
  });
}

milliseconds sink_session::since_start() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - shared_.start);
}

} // namespace sluice
