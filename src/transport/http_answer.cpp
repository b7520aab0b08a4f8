#include "transport/http_answer.hpp"

#include <utility>

#include <boost/beast/http/error.hpp>

namespace sluice {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t longest_status_line = 8'192;

} // namespace

http_answer::http_answer(std::size_t max_body_bytes) : max_body_bytes_{max_body_bytes} {
  begin();
}

void http_answer::begin() {
  parser_.emplace();
  parser_->body_limit(max_body_bytes_);
  parser_->eager(true);
  has_status_ = false;
}

void http_answer::stop(std::string defect) {
  over_ = true;
  defect_ = std::move(defect);
}

void http_answer::take(boost::beast::flat_buffer& in) {
  while (!over_ && in.size() > 0) {
    begun_ = true;
    const std::string_view text{static_cast<const char*>(in.data().data()), in.size()};
    // The parser, once it has seen a part of the status line, does not take it before the end of the header.
    if (!has_status_ && text.find('\n') == std::string_view::npos) {
      if (text.size() >= longest_status_line)
        stop("the status line is too long");
      return;
    }
    boost::system::error_code why;
    const auto taken = parser_->put(in.data(), why);
    in.consume(taken);
    has_status_ = has_status_ || taken > 0; // the status line is taken as a whole
    if (why == http::error::need_more)
      return;
    if (why)
      stop(why.message());
    else if (parser_->is_done() && parser_->get().result_int() / 100 == 1)
      begin();
    else
      over_ = parser_->is_done();
  }
}

void http_answer::end() {
  if (over_)
    return;
  boost::system::error_code why;
  if (parser_->got_some())
    parser_->put_eof(why);
  stop(parser_->is_done() ? "" : "the connection was closed before the answer was complete");
}

int http_answer::status() const {
  const auto status = static_cast<int>(parser_->get().result_int());
  return has_status_ && status / 100 != 1 ? status : 0;
}

bool http_answer::keeps_connection() const {
  return parser_->is_done() && parser_->keep_alive();
}

std::string http_answer::field(http::field name) const {
  return parser_->is_header_done() ? std::string{parser_->get()[name]} : std::string{};
}

} // namespace sluice
