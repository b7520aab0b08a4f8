#include "transport/http_exchange.hpp"

#include <array>
#include <sstream>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include "core/delivery/media_type.hpp"
#include "core/printable.hpp"
#include "core/wire/base64.hpp"
#include "net/client_tls.hpp"
#include "net/tls_reason.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// A host, and where it is looked for.
std::string with_addresses(const std::string& host, const resolver::addresses& found) {
  std::ostringstream first;
  first << found.front();
  if (host == found.front().address().to_string())
    return first.str();
  const auto more = found.size() - 1;
  return host + " at " + first.str() + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

} // namespace

http_exchange::http_exchange(exchange_resources& shared, delivery_request request, done_handler done)
    : shared_{shared}, request_{std::move(request)}, done_{std::move(done)}, deadline_{shared.io},
      end_{std::chrono::steady_clock::now() + shared.settings.http.total} {}

template <class F>
auto http_exchange::step(transport_failure on_error, F next) {
  // The connection must outlive the operations on it.
  return [self = shared_from_this(), c = connection_, on_error, next](error_code why, auto&&...) {
    if (!self->done_)
      return;
    if (why)
      self->fail(on_error, why.message());
    else
      next();
  };
}

void http_exchange::start() {
  keep_ = shared_from_this();
  connection_ = shared_.idle.take();
  if (!connection_)
    return connect();
  reused_ = true;
  send();
}

void http_exchange::connect() {
  limit_phase(shared_.settings.http.connect, attempt_phase::resolve, looked_up());
  shared_.names.resolve([weak = weak_from_this()](const resolver::addresses& found) {
    auto self = weak.lock();
    if (!self || !self->done_)
      return;
    if (found.empty())
      return self->fail(transport_failure::resolve, "the host name " + self->looked_up() + " was not found");
    self->race(found);
  });
}

void http_exchange::race(const resolver::addresses& found) {
  const auto in_order = in_connect_order(found, shared_.worked_last);
  wait_.phase = attempt_phase::connect;
  wait_.peer = with_addresses(looked_up(), in_order);
  race_ = std::make_shared<connect_race>(shared_.io, streams_of(in_order), [this](auto c, error_code why) {
    if (why)
      return fail(transport_failure::connect, why.message() + " (" + wait_.peer + ")");
    connection_ = std::move(c);
    on_connect();
  });
  race_->start();
}

void http_exchange::on_connect() {
  error_code ignored;
  shared_.worked_last = connection_->socket().remote_endpoint(ignored);
  connection_->socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
  const auto& through = shared_.settings.through;
  if (!through || !through->tls)
    return reach_server();
  limit_phase(shared_.settings.http.tls, attempt_phase::proxy_handshake, proxy_name());
  encrypt(connection_->use_tls_below(shared_.tls), through->host, through->port, transport_failure::proxy,
          [this] { reach_server(); });
}

void http_exchange::reach_server() {
  const auto& s = shared_.settings;
  if (!s.to.tls)
    send();
  else if (s.through)
    open_tunnel();
  else
    handshake();
}

void http_exchange::open_tunnel() {
  const auto& s = shared_.settings;
  const auto name = s.to.host_and_port();
  wait_.phase = attempt_phase::tunnel; // within the deadline of the step before
  wait_.peer = proxy_name();
  head_ = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name + "\r\n";
  if (!s.through->credentials.empty())
    head_ += "Proxy-Authorization: Basic " + s.through->credentials + "\r\n";
  head_ += "\r\n";
  asio::async_write(connection_->below(), asio::buffer(head_), step(transport_failure::proxy, [this] {
                      auto answer = std::make_shared<tunnel_answer>();
                      answer->parser.skip(true); // a response to CONNECT has no body
                      http::async_read_header(connection_->below(), answer->buffer, answer->parser,
                                              step(transport_failure::proxy, [this, answer] { on_tunnel(*answer); }));
                    }));
}

void http_exchange::on_tunnel(tunnel_answer& answer) {
  const auto status = answer.parser.get().result_int();
  if (status / 100 != 2)
    return fail(transport_failure::proxy, "HTTP " + std::to_string(status));
  // The server speaks only after the handshake has begun, so whatever is here already was made by the proxy.
  if (answer.buffer.size() > 0 || !connection_->is_quiet())
    return fail(transport_failure::proxy, "the proxy sent bytes behind its answer to CONNECT");
  handshake();
}

void http_exchange::handshake() {
  const auto& to = shared_.settings.to;
  limit_phase(shared_.settings.http.tls, attempt_phase::handshake, to.host_and_port());
  encrypt(connection_->use_tls(shared_.tls), to.host, to.port, transport_failure::tls, [this] { send(); });
}

template <class Stream, class F>
void http_exchange::encrypt(Stream& tls, const std::string& host, const std::string& port, transport_failure on_error,
                            F next) {
  expect_host(tls, host);
  tls.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this(), c = connection_, &tls, on_error, next,
                                                       peer = host + ":" + port](error_code why) {
    if (!self->done_)
      return;
    if (why)
      self->fail(on_error, tls_reason(SSL_get_verify_result(tls.native_handle()), why.message(), peer));
    else
      next();
  });
}

void http_exchange::send() {
  if (!reused_ && !connection_->is_quiet())
    return fail(transport_failure::receive, "the server sent bytes before the request");
  limit_phase(shared_.settings.http.send, attempt_phase::send, shared_.settings.to.host_and_port());
  answer_.emplace(shared_.settings.http.max_response_bytes);
  connection_->listen([weak = weak_from_this()](error_code why) {
    if (auto self = weak.lock())
      self->on_received(why);
  });
  connection_->start_reading();
  head_ = request_head();
  const std::array<asio::const_buffer, 4> all{asio::buffer(head_), asio::buffer(request_.head),
                                              asio::buffer(request_.middle), asio::buffer(request_.tail)};
  asio::async_write(*connection_, all, [self = shared_from_this(), c = connection_](error_code why, auto) {
    if (self->done_ && self->connection_ == c)
      self->on_sent(why);
  });
}

void http_exchange::on_sent(error_code why) {
  sent_ = true;
  if (why) // the server may have answered before it closed the connection
    send_error_ = why.message();
  limit_phase(shared_.settings.http.response, attempt_phase::answer, shared_.settings.to.host_and_port());
}

void http_exchange::on_received(error_code why) {
  if (!done_)
    return;
  answer_->take(connection_->received());
  if (why == asio::error::eof || why == asio::ssl::error::stream_truncated)
    answer_->end();
  if (!why && !answer_->is_over())
    return;
  if (answer_->status() != 0)
    return conclude();
  fail_without_status(answer_->is_over() ? answer_->defect() : why.message());
}

void http_exchange::conclude() {
  delivery_response response{.status = answer_->status(),
                             .retry_after = answer_->field(http::field::retry_after),
                             .detail = printable(answer_->body(), shared_.settings.write_key)};
  if (response.status / 100 == 2) {
    response.detail.clear();
    const auto type = answer_->field(http::field::content_type);
    if (shared_.settings.http.require_json && !is_json(type)) {
      response.failure = transport_failure::not_json;
      const auto shown = type.empty() ? "no Content-Type" : "Content-Type: " + type;
      response.detail = printable("the answer is no JSON (" + shown + ")", shared_.settings.write_key);
    }
  }
  if (sent_ && send_error_.empty() && answer_->keeps_connection())
    shared_.idle.give(std::move(connection_));
  finish(std::move(response));
}

void http_exchange::fail_without_status(const std::string& why) {
  // A server may close an idle connection just when it is used again, so the request is sent once more on a new
  // connection. If it had arrived, the batch id marks the duplicate.
  if (reused_ && !answer_->has_begun()) {
    std::exchange(connection_, nullptr)->close();
    reused_ = sent_ = false;
    send_error_.clear();
    return connect();
  }
  if (!send_error_.empty())
    return fail(transport_failure::send, send_error_);
  fail(sent_ ? transport_failure::receive : transport_failure::send, why);
}

void http_exchange::fail(transport_failure what, const std::string& why) {
  finish({.failure = what, .detail = printable(why, shared_.settings.write_key)});
}

void http_exchange::cancel() {
  if (!done_)
    return;
  if (answer_ && answer_->status() != 0)
    conclude();
  else
    finish({.failure = transport_failure::cancelled});
}

void http_exchange::finish(delivery_response response) {
  deadline_.cancel();
  if (race_)
    race_->cancel();
  if (connection_)
    connection_->close();
  const auto until_return = std::move(keep_);
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(response));
}

const std::string& http_exchange::looked_up() const {
  return shared_.settings.through ? shared_.settings.through->host : shared_.settings.to.host;
}

std::string http_exchange::proxy_name() const {
  return shared_.settings.through->host + ":" + shared_.settings.through->port;
}

void http_exchange::limit_phase(std::chrono::milliseconds limit, attempt_phase phase, std::string peer) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const bool is_of_attempt = end_ < until;
  wait_ = {phase, std::move(peer), is_of_attempt ? shared_.settings.http.total : limit, is_of_attempt};
  deadline_.expires_at(std::min(end_, until));
  deadline_.async_wait([weak = weak_from_this()](error_code why) {
    auto self = weak.lock();
    if (why || !self || !self->done_ || self->deadline_.expiry() > std::chrono::steady_clock::now())
      return;
    if (self->answer_ && self->answer_->status() != 0)
      return self->conclude();
    self->fail(transport_failure::timeout, timeout_reason(self->wait_));
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
  head += "X-Retry-Count: " + std::to_string(request_.failed_attempts) + "\r\n";
  head += "Content-Length: " + std::to_string(size) + "\r\n\r\n";
  return head;
}

} // namespace sluice
