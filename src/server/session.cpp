#include "server/session.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace sluice {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

namespace {

// How long a connection whose request was not read to its end stays open, so that the answer is not lost with it, and
// how much is read meanwhile.
constexpr milliseconds farewell{2'000};
constexpr std::size_t max_thrown_away = std::size_t{1} << 20;

constexpr std::size_t read_at_once = 4'096;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::string bytes_of(const reply& r, bool close, bool has_body) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(r.status));
  std::string out = "HTTP/1.1 " + std::to_string(r.status) + " ";
  out.append(reason.data(), reason.size())
      .append("\r\nContent-Type: ")
      .append(r.content_type)
      .append("\r\nContent-Length: ")
      .append(std::to_string(r.body.size()));
  for (const auto& [name, value] : r.headers)
    out.append("\r\n").append(name).append(": ").append(value);
  if (close)
    out += "\r\nConnection: close";
  return out.append("\r\n\r\n").append(has_body ? r.body : std::string{});
}

} // namespace

void way_to_server::post(std::function<void()> what) {
  std::lock_guard guard{mutex_};
  if (io_)
    asio::post(*io_, std::move(what));
}

void way_to_server::close() {
  std::lock_guard guard{mutex_};
  io_ = nullptr;
}

session::session(session_resources& shared, std::unique_ptr<connection> c)
    : shared_{shared}, connection_{std::move(c)}, deadline_{connection_->get_executor()},
      buffer_{shared.limits.max_header_bytes + 16'384} {
  place_ = shared_.all.insert(shared_.all.end(), this);
}

session::~session() {
  end_waiting();
  reserve(0);
  shared_.all.erase(place_);
  shared_.ended();
}

void session::start() {
  begin_to_wait();
  if (!shared_.tls)
    return wait_for_request();
  limit_phase(shared_.limits.request_timeout);
  connection_->use_tls(*shared_.tls);
  connection_->tls().async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code why) {
    if (!why)
      self->wait_for_request();
  });
}

void session::close() {
  const auto self = std::exchange(awaits_answer_, nullptr); // lives until here
  end_waiting();
  deadline_.cancel();
  connection_->close();
}

void session::end() {
  if (waits_)
    close();
  close_after_ = true;
}

// The time for a header begins with its first byte.
void session::wait_for_request() {
  if (shared_.is_ending)
    return close();
  begin_to_wait();
  reserve(0);
  if (buffer_.size() > 0)
    return read_header();
  limit_phase(shared_.limits.idle_timeout);
  connection_->async_read_some(buffer_.prepare(read_at_once),
                               [self = shared_from_this()](error_code why, std::size_t n) {
                                 self->buffer_.commit(n);
                                 if (!why)
                                   self->read_header();
                               });
}

void session::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(shared_.limits.max_header_bytes));
  parser_->body_limit(shared_.limits.max_body_bytes);
  limit_phase(shared_.limits.request_timeout);
  http::async_read_header(*connection_, buffer_, *parser_,
                          [self = shared_from_this()](error_code why, std::size_t) { self->on_header(why); });
}

void session::on_header(error_code why) {
  end_waiting();
  leaves_body_ = true;
  if (why == http::error::body_limit)
    return refuse(413, "the body is too long");
  if (why == http::error::header_limit || why == http::error::buffer_overflow)
    return refuse(431, "the header is too long");
  if (why.category() == http::make_error_code(http::error::bad_method).category() &&
      why != http::error::end_of_stream && why != http::error::partial_message)
    return refuse(400, "the request is not valid HTTP");
  if (why)
    return;
  if (!is_well_framed())
    return refuse(400, "a body has either Content-Length or Transfer-Encoding: chunked");
  leaves_body_ = !parser_->is_done();
  // Whoever may only look must not be able to occupy the bytes of bodies.
  if (leaves_body_ && (parser_->get().method() == http::verb::get || parser_->get().method() == http::verb::head))
    return refuse(400, "a GET without a body was expected");
  if (auto early = shared_.serves.admit(head())) {
    early->close = early->close || leaves_body_;
    return answer(std::move(*early));
  }
  const auto length = parser_->content_length();
  const auto needed = parser_->is_done() ? 0
                      : length           ? static_cast<std::size_t>(*length)
                                         : shared_.limits.max_body_bytes;
  if (needed > shared_.limits.max_bytes_of_bodies - shared_.bytes_of_bodies) {
    answer({.status = 429,
            .body = R"({"success":false,"error":"too many bodies are being read"})",
            .headers = {{"Retry-After", "1"}},
            .close = true});
    return;
  }
  reserve(needed);
  read_body();
}

// Refuses what a proxy might read otherwise. Beast has refused what has both headers, or two different lengths.
bool session::is_well_framed() const {
  const auto& r = parser_->get();
  const auto codings = r.count(http::field::transfer_encoding), lengths = r.count(http::field::content_length);
  if (codings > 0)
    return codings == 1 && lengths == 0 && r.version() == 11 &&
           boost::beast::iequals(r[http::field::transfer_encoding], "chunked");
  return lengths == 0 || (lengths == 1 && view(r[http::field::content_length]).find_first_not_of("0123456789") ==
                                              std::string_view::npos);
}

void session::read_body() {
  if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue") || parser_->is_done()) {
    limit_phase(shared_.limits.request_timeout);
    http::async_read(*connection_, buffer_, *parser_,
                     [self = shared_from_this()](error_code why, std::size_t) { self->on_body(why); });
    return;
  }
  parser_->get().erase(http::field::expect);
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(*connection_, asio::buffer(out_), [self = shared_from_this()](error_code why, std::size_t) {
    if (!why)
      self->read_body();
  });
}

void session::on_body(error_code why) {
  if (why == http::error::body_limit)
    return refuse(413, "the body is too long");
  if (why.category() == http::make_error_code(http::error::bad_method).category() &&
      why != http::error::partial_message && why != http::error::end_of_stream)
    return refuse(400, "not a valid body");
  if (why)
    return;
  leaves_body_ = false;
  deadline_.cancel();
  auto body = std::move(parser_->get().body());
  awaits_answer_ = shared_from_this();
  shared_.serves.take(head(), std::move(body), [weak = weak_from_this(), way = shared_.way](reply r) {
    way->post([weak, r = std::move(r)]() mutable {
      if (const auto self = weak.lock(); self && std::exchange(self->awaits_answer_, nullptr))
        self->answer(std::move(r));
    });
  });
  reserve(0);
}

void session::refuse(int status, const char* what) {
  answer({.status = status, .body = std::string{R"({"success":false,"error":")"} + what + "\"}", .close = true});
}

request_head session::head() const {
  const auto& r = parser_->get();
  return {.method = view(r.method_string()),
          .target = view(r.target()),
          .authorization = view(r[http::field::authorization]),
          .content_type = view(r[http::field::content_type]),
          .content_encoding = view(r[http::field::content_encoding]),
          .host = view(r[http::field::host]),
          .origin = view(r[http::field::origin]),
          .sec_fetch_site = view(r["Sec-Fetch-Site"])};
}

void session::answer(reply r) {
  close_after_ = close_after_ || r.close || shared_.is_ending || !parser_->is_header_done() || !parser_->keep_alive();
  const bool is_head = parser_->is_header_done() && parser_->get().method() == http::verb::head;
  out_ = bytes_of(r, close_after_, !is_head);
  write();
}

void session::write() {
  limit_phase(shared_.limits.request_timeout);
  asio::async_write(*connection_, asio::buffer(out_), [self = shared_from_this()](error_code why, std::size_t) {
    if (!why)
      self->on_written();
  });
}

void session::on_written() {
  if (!close_after_)
    return wait_for_request();
  if (!leaves_body_)
    return close();
  // To close a socket that has unread bytes resets the connection, and the client might not see the answer.
  error_code ignored;
  connection_->socket().shutdown(asio::socket_base::shutdown_send, ignored);
  limit_phase(farewell);
  wait_for_end();
}

void session::wait_for_end() {
  buffer_.clear();
  connection_->socket().async_read_some(buffer_.prepare(read_at_once),
                                        [self = shared_from_this()](error_code why, std::size_t n) {
                                          self->thrown_away_ += n;
                                          if (why || self->thrown_away_ > max_thrown_away)
                                            return self->close();
                                          self->wait_for_end();
                                        });
}

void session::limit_phase(milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this()](error_code why) {
    const auto self = weak.lock();
    if (self && !why && self->deadline_.expiry() <= std::chrono::steady_clock::now())
      self->connection_->close();
  });
}

void session::begin_to_wait() {
  if (!waits_)
    waits_ = shared_.waiting.insert(shared_.waiting.end(), this);
}

void session::end_waiting() {
  if (waits_)
    shared_.waiting.erase(*waits_);
  waits_.reset();
}

void session::reserve(std::size_t bytes) {
  shared_.bytes_of_bodies = shared_.bytes_of_bodies - reserved_ + bytes;
  reserved_ = bytes;
}

} // namespace sluice
