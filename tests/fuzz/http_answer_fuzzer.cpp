// The answer to a request: the pieces in which it arrives change nothing. The first byte of the input is their size.
#include <algorithm>
#include <chrono>
#include <string>

#include "core/delivery/media_type.hpp"
#include "core/delivery/outcome.hpp"
#include "core/delivery/retry_after.hpp"
#include "core/printable.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "transport/http_answer.hpp"

using namespace sluice;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t max_body = 256;

// What an exchange reads of an answer. Without a status there is none.
struct reading {
  int status = 0;
  bool has_begun = false;
  bool keeps_connection = false;
  std::string retry_after{};
  std::string content_type{};
  std::string body{};
  friend bool operator==(const reading&, const reading&) = default;
};

reading read_of(const http_answer& a) {
  if (a.status() == 0)
    return {.has_begun = a.has_begun()};
  return {.status = a.status(),
          .has_begun = a.has_begun(),
          .keeps_connection = a.keeps_connection(),
          .retry_after = a.field(http::field::retry_after),
          .content_type = a.field(http::field::content_type),
          .body = a.body()};
}

// Of a body beyond the bound as much is kept as had arrived before.
void check_pieces(reading whole, reading pieces, bool is_within_bound) {
  if (!is_within_bound && (whole.body.starts_with(pieces.body) || pieces.body.starts_with(whole.body)))
    whole.body = pieces.body = {};
  require(whole == pieces, "the pieces change nothing");
}

reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  http_answer answer{max_body};
  boost::beast::flat_buffer buffer;
  int status = 0;
  for (std::size_t at = 0; at < bytes.size() && !answer.is_over(); at += piece) {
    const auto some = bytes.substr(at, piece);
    std::copy(some.begin(), some.end(), static_cast<char*>(buffer.prepare(some.size()).data()));
    buffer.commit(some.size());
    answer.take(buffer);
    require(status == 0 || answer.status() == status, "a status that has arrived does not change");
    status = answer.status();
  }
  answer.end();
  require(answer.is_over(), "an answer is over when the connection is");
  require(status == 0 || answer.status() == status, "the end changes no status");
  return read_of(answer);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto bytes = text_of(data + 1, size - 1);
  const auto whole = read_in_pieces(bytes, bytes.size() + 1);
  check_pieces(whole, read_in_pieces(bytes, 1 + data[0] % 64U), bytes.size() <= max_body);
  require(whole.status / 100 != 1 && whole.status <= 999, "a status is a final one");
  require(whole.body.size() <= max_body, "a body has a bound");
  const auto delay = parse_retry_after(whole.retry_after, {});
  require(!delay || delay->count() >= 0, "a delay is not negative");
  (void)is_json(whole.content_type);
  const auto why = classify({.status = whole.status, .detail = printable(whole.body, "secret-write-key")}, 2).why;
  require(is_visible(why.reason) || why.reason.find(' ') != std::string::npos, "a reason is printable");
  return 0;
}
