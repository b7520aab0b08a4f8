#include "support/catch.hpp"

#include <algorithm>

#include "transport/http_answer.hpp"

using namespace sluice;

namespace {

// Lets an answer arrive in pieces of this size, and closes the connection.
void feed(http_answer& answer, std::string_view bytes, std::size_t piece) {
  boost::beast::flat_buffer buffer;
  for (; !bytes.empty() && !answer.is_over(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const auto some = bytes.substr(0, piece);
    std::copy(some.begin(), some.end(), static_cast<char*>(buffer.prepare(some.size()).data()));
    buffer.commit(some.size());
    answer.take(buffer);
  }
  answer.end();
}

} // namespace

TEST_CASE("the fields of a header that is not whole do not count, in whatever pieces it comes", "[transport]") {
  using boost::beast::http::field;
  const std::string head = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n";
  for (const std::size_t piece : {1U, 7U, 1024U}) {
    http_answer whole{1024}, cut{1024}, malformed{1024};
    feed(whole, head + "\r\n", piece);
    feed(cut, head, piece);
    feed(malformed, head + "no field\r\n\r\n", piece);
    INFO("in pieces of " << piece);
    CHECK(whole.field(field::retry_after) == "7");
    CHECK(cut.field(field::retry_after) == "");
    CHECK(malformed.field(field::retry_after) == "");
    CHECK(malformed.status() == 503);
  }
}

TEST_CASE("a last chunk may come in any pieces", "[transport]") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"0\r\n\r\n", "0\r\nX: 1\r\n\r\n", "2\r\nok\r\n0\r\nX: 1\r\n\r\n"})
    for (const std::size_t piece : {1U, 2U, 3U, 1024U}) {
      http_answer answer{1024};
      feed(answer, head + body, piece);
      INFO(body << " in pieces of " << piece);
      CHECK(answer.status() == 200);
      CHECK(answer.keeps_connection());
    }
}
