#include "transport/http_exchange.hpp"

#include <array>
#include <utility>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include "core/printable.hpp"
#include "core/wire/base64.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace asio = boost::asio;
namespace http = boost::beast::http;

http_exchange::http_exchange(exchange_resources& shared, delivery_request request, done_handler done)
    : shared_{shared}, request_{std::move(request)}, done_{std::move(done)}, deadline_{shared.io},
      end_{std::chrono::steady_clock::now() + shared.settings.http.total} {}

template <class F>
auto http_exchange::step(transport_failure on_error, F next) {
  return [self = shared_from_this(), on_error, next](error_code why, auto&&...) {
    if (!self->done_)
      return;
    if (self->expired_)
      self->fail(transport_failure::timeout, std::string{self->phase_} + " took too long");
    else if (why)
      self->fail(on_error, why.message());
    else
      next();
  };
}

void http_exchange::start() {
  keep_ = shared_from_this();
  if (auto idle = shared_.take_idle()) {
    connection_ = std::move(idle);
    reused_ = true;
    return send();
  }
  connect();
}

void http_exchange::connect() {
  reused_ = false;
  buffer_.clear();
  connection_ = std::make_unique<connection>(shared_.io);
  limit_phase(shared_.settings.http.connect, "connecting");
  shared_.names.resolve([weak = weak_from_this()](const resolver::addresses& found) {
    auto self = weak.lock();
    if (!self || !self->done_ || self->expired_)
      return;
    if (found.empty())
      return self->fail(transport_failure::resolve, "the host name was not found");
    self->addresses_ = found;
    self->try_address(0);
  });
}

void http_exchange::try_address(std::size_t i) {
  connection_->close();
  connection_->socket().async_connect(addresses_[i], [self = shared_from_this(), i](error_code why) {
    if (!self->done_)
      return;
    if (why && !self->expired_ && i + 1 < self->addresses_.size())
      return self->try_address(i + 1);
    self->step(transport_failure::connect, [self] {
      error_code ignored;
      self->connection_->socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
      const auto& s = self->shared_.settings;
      if (!s.to.tls)
        self->send();
      else if (s.through)
        self->open_tunnel();
      else
        self->handshake();
    })(why);
  });
}

void http_exchange::open_tunnel() {
  const auto& s = shared_.settings;
  const auto name = s.to.host_and_port();
  head_ = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name + "\r\n";
  if (!s.through->credentials.empty())
    head_ += "Proxy-Authorization: Basic " + s.through->credentials + "\r\n";
  head_ += "\r\n";
  asio::async_write(connection_->socket(), asio::buffer(head_), step(transport_failure::proxy, [this] {
                      parser_.emplace();
                      parser_->skip(true); // a response to CONNECT has no body
                      http::async_read_header(connection_->socket(), buffer_, *parser_,
                                              step(transport_failure::proxy, [this] {
                                                if (parser_->get().result_int() / 100 != 2)
                                                  return fail(transport_failure::proxy,
                                                              "HTTP " + std::to_string(parser_->get().result_int()));
                                                handshake();
                                              }));
                    }));
}

void http_exchange::handshake() {
  const auto& host = shared_.settings.to.host;
  limit_phase(shared_.settings.http.tls, "the TLS handshake");
  connection_->use_tls(shared_.tls);
  auto& tls = connection_->tls();
  error_code ignored;
  tls.set_verify_mode(asio::ssl::verify_peer, ignored);
  tls.set_verify_callback(asio::ssl::host_name_verification(host), ignored);
  // SNI carries names, not addresses. If the server rejects the name, the handshake fails.
  error_code no_address;
  asio::ip::make_address(host, no_address);
  if (no_address)
    SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
  tls.async_handshake(asio::ssl::stream_base::client, step(transport_failure::tls, [this] { send(); }));
}

void http_exchange::send() {
  limit_phase(shared_.settings.http.send, "sending");
  head_ = request_head();
  const std::array<asio::const_buffer, 4> all{asio::buffer(head_), asio::buffer(request_.head),
                                              asio::buffer(request_.middle), asio::buffer(request_.tail)};
  asio::async_write(*connection_, all, step(transport_failure::send, [this] { receive(); }));
}

void http_exchange::receive() {
  limit_phase(shared_.settings.http.response, "the response");
  parser_.emplace();
  parser_->body_limit(shared_.settings.http.max_response_bytes);
  http::async_read(*connection_, buffer_, *parser_, step(transport_failure::receive, [this] { on_response(); }));
}

void http_exchange::on_response() {
  const auto& r = parser_->get();
  if (r.result_int() / 100 == 1) // an interim response: the real one follows
    return receive();
  delivery_response response{.status = static_cast<int>(r.result_int()),
                             .retry_after = std::string{r[http::field::retry_after]},
                             .detail = printable(r.body(), shared_.settings.write_key)};
  if (response.status / 100 == 2)
    response.detail.clear();
  if (parser_->keep_alive() && buffer_.size() == 0)
    shared_.give_idle(std::move(connection_));
  finish(std::move(response));
}

void http_exchange::fail(transport_failure what, const std::string& why) {
  const bool sent_in_vain = what == transport_failure::send || what == transport_failure::receive;
  // A server may close an idle connection just when it is used again, so the request is sent once more on a new
  // connection. If it had arrived, the batch id marks the duplicate.
  if (std::exchange(reused_, false) && sent_in_vain && !(parser_ && parser_->got_some()))
    return connect();
  finish({.failure = what, .detail = printable(why, shared_.settings.write_key)});
}

void http_exchange::cancel() {
  if (done_)
    finish({.failure = transport_failure::cancelled});
}

void http_exchange::finish(delivery_response response) {
  deadline_.cancel();
  if (connection_)
    connection_->close();
  const auto until_return = std::move(keep_);
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(response));
}

void http_exchange::limit_phase(std::chrono::milliseconds limit, const char* phase) {
  phase_ = phase;
  deadline_.expires_at(std::min(end_, std::chrono::steady_clock::now() + limit));
  deadline_.async_wait([weak = weak_from_this()](error_code why) {
    auto self = weak.lock();
    if (why || !self || !self->done_ || self->deadline_.expiry() > std::chrono::steady_clock::now())
      return;
    self->expired_ = true;
    self->fail(transport_failure::timeout, std::string{self->phase_} + " took too long");
  });
}

std::string http_exchange::request_head() const {
  const auto& s = shared_.settings;
  const bool absolute = s.through && !s.to.tls;
  const auto size = request_.head.size() + request_.middle.size() + request_.tail.size();
  std::string head = "POST " + (absolute ? "http://" + s.to.authority() : "") + s.to.target + " HTTP/1.1\r\n";
  head += "Host: " + s.to.authority() + "\r\n";
  head += "User-Agent: sluice/" SLUICE_VERSION_STRING "\r\n";
  head += "Content-Type: application/json\r\n";
  if (request_.gzip)
    head += "Content-Encoding: gzip\r\n";
  head += "Authorization: Basic " + base64(s.write_key + ":") + "\r\n";
  if (absolute && !s.through->credentials.empty())
    head += "Proxy-Authorization: Basic " + s.through->credentials + "\r\n";
  head += "Idempotency-Key: " + request_.batch_id + "\r\n";
  head += "Content-Length: " + std::to_string(size) + "\r\n\r\n";
  return head;
}

} // namespace sluice
