#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace sluice {

/// The answer to one request, as far as it has arrived. Passes over interim answers. Does no I/O.
class http_answer {
public:
  explicit http_answer(std::size_t max_body_bytes);

  /// Moves what belongs to the answer out of the buffer.
  void take(boost::beast::flat_buffer&);
  /// Notes that the server sends nothing more.
  void end();

  /// Returns the status once the status line has arrived, else 0. Nothing that follows can change it.
  int status() const;
  /// Returns whether nothing more of it is expected: it is whole, or its rest cannot be read.
  bool is_over() const noexcept { return over_; }
  /// Returns why it cannot be read; empty unless that is so.
  const std::string& defect() const noexcept { return defect_; }
  /// Returns whether any byte of it has arrived.
  bool has_begun() const noexcept { return begun_; }
  /// Returns whether it is whole and the connection can carry another request.
  bool keeps_connection() const;

  /// Returns a field of the header; empty unless the header is whole and well-formed, because how much of another one
  /// could be read depends on the pieces in which it arrived.
  std::string field(boost::beast::http::field) const;
  /// Returns what has arrived of the body.
  const std::string& body() const { return parser_->get().body(); }

private:
  using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  void begin();
  void stop(std::string defect);

  const std::size_t max_body_bytes_;
  std::optional<parser> parser_;
  bool begun_ = false;
  bool has_status_ = false;
  bool over_ = false;
  std::string defect_;
};

} // namespace sluice
