#include "server/session.hpp"

#include <new>
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

open_request::~open_request() {
  if (is_complete_)
    return;
  try {
    way_->post([of = of_] {
      if (const auto s = of.lock())
        s->close();
    });
  } catch (const std::bad_alloc&) {
    // The end of the server closes it.
  }
}

bool open_request::post(bool completes, std::function<void(session&)> what) {
  if (of_.expired() || (completes ? is_complete_.exchange(true) : is_complete_.load()))
    return false;
  way_->post([self = shared_from_this(), number = posted_++, what = std::move(what)]() mutable {
    if (const auto s = self->of_.lock(); s && s->awaits(*self))
      s->take(number, std::move(what));
  });
  return true;
}

void responder::answer(reply r) const {
  to_->post(true, [r = std::move(r)](session& s) mutable { s.answer(std::move(r)); });
}

bool responder::write(std::string part, what_follows next) const {
  return to_->post(next != what_follows::more,
                   [part = std::move(part), next](session& s) mutable { s.write(std::move(part), next); });
}

void responder::call_after(milliseconds time, std::function<void()> what) const {
  to_->post(false, [time, what = std::move(what)](session& s) mutable { s.call_after(time, std::move(what)); });
}

session::session(session_resources& shared, std::unique_ptr<connection> c)
    : shared_{shared}, connection_{std::move(c)}, deadline_{connection_->get_executor()},
      later_{connection_->get_executor()}, buffer_{shared.limits.max_header_bytes + 16'384} {
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
  if (!shared_.serves.shakes_hands())
    return turn_away();
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
  later_.cancel();
  connection_->close();
}

void session::end() {
  if (waits_ || answers_in_parts_)
    close();
  close_after_ = true;
}

void session::turn_away() {
  connection_->socket().async_wait(asio::socket_base::wait_read,
                                   [self = shared_from_this()](error_code) { self->close(); });
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
  if (!connection_->socket().is_open()) // it was closed when the header had been read
    return;
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
    return refuse(400, "one Host was expected, and for a body either Content-Length or Transfer-Encoding: chunked");
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
  if (r.count(http::field::host) > 1)
    return false;
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
  if (!connection_->socket().is_open()) // it could not end any more if it began to await an answer
    return;
  if (why == http::error::body_limit)
    return refuse(413, "the body is too long");
  if (why.category() == http::make_error_code(http::error::bad_method).category() &&
      why != http::error::partial_message && why != http::error::end_of_stream)
    return refuse(400, "not a valid body");
  if (why)
    return;
  leaves_body_ = false;
  end_phase();
  auto body = std::move(parser_->get().body());
  const auto request = std::make_shared<open_request>(weak_from_this(), shared_.way);
  awaits_answer_ = shared_from_this();
  asked_ = request.get();
  early_.clear();
  next_posted_ = 0;
  shared_.serves.take(head(), std::move(body), responder{request});
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
          .sec_fetch_site = view(r["Sec-Fetch-Site"]),
          .user_agent = view(r[http::field::user_agent]),
          .idempotency_key = view(r["Idempotency-Key"]),
          .keep_alive = r.keep_alive()};
}

// What another thread has posted can come before what this one posted earlier, whose way is another.
void session::take(std::uint64_t number, std::function<void(session&)> what) {
  early_.emplace(number, std::move(what));
  while (awaits_answer_ && !early_.empty() && early_.begin()->first == next_posted_) {
    const auto next = early_.extract(early_.begin());
    ++next_posted_;
    next.mapped()(*this);
  }
}

void session::answer(reply r) {
  close_after_ = close_after_ || r.close || is_last_request();
  const bool is_head = parser_->is_header_done() && parser_->get().method() == http::verb::head;
  write(bytes_of(r, close_after_, !is_head), what_follows::next_request);
}

bool session::is_last_request() const {
  return shared_.is_ending || !parser_->is_header_done() || !parser_->keep_alive();
}

void session::write(std::string part, what_follows next) {
  const auto self = next == what_follows::more ? nullptr : std::exchange(awaits_answer_, nullptr); // lives until here
  if (next != what_follows::more)
    later_.cancel();
  answers_in_parts_ = next == what_follows::more;
  close_after_ = close_after_ || next == what_follows::close || is_last_request();
  if (sends_ && part.size() > responder::max_unsent - unsent_.size())
    return close();
  if (unsent_.empty())
    unsent_ = std::move(part);
  else
    unsent_ += part;
  if (!sends_)
    write_out();
}

void session::write_out() {
  if (unsent_.empty())
    return on_written();
  out_ = std::exchange(unsent_, {});
  sends_ = true;
  limit_phase(shared_.limits.request_timeout);
  asio::async_write(*connection_, asio::buffer(out_), [self = shared_from_this()](error_code why, std::size_t) {
    self->sends_ = false;
    if (why)
      return self->close();
    self->write_out();
  });
}

void session::on_written() {
  if (awaits_answer_)
    return end_phase();
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

void session::call_after(milliseconds time, std::function<void()> what) {
  later_.expires_after(time);
  later_.async_wait([what = std::move(what)](error_code why) {
    if (!why)
      what();
  });
}

void session::limit_phase(milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this()](error_code why) {
    const auto self = weak.lock();
    if (self && !why && self->deadline_.expiry() <= std::chrono::steady_clock::now())
      self->close();
  });
}

// A timer that is only cancelled may have called already.
void session::end_phase() {
  deadline_.expires_at(std::chrono::steady_clock::time_point::max());
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
