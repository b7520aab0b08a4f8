#include "store/redis/reply_reader.hpp"

#include "support/catch.hpp"

using namespace sluice;

TEST_CASE("answers are read from bytes in any pieces", "[store][redis]") {
  const std::string bytes = "*2\r\n$3\r\nabc\r\n:7\r\n+OK\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    redis_reply_reader reader;
    std::vector<redis_reply> answers;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view{bytes}.substr(at, piece));
      while (void* answer = reader.next())
        answers.emplace_back(answer);
    }
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].value()[0].text() == "abc");
    CHECK(answers[0].value()[1].integer() == 7);
    CHECK(answers[1].value().text() == "OK");
    CHECK(reader.why().empty());
  }
}

TEST_CASE("an answer that announces too many elements is the last", "[store][redis]") {
  redis_reply_reader reader;
  reader.feed("*2147483647\r\n:1\r\n");
  CHECK(reader.next() == nullptr);
  CHECK(!reader.why().empty());
  reader.feed("+OK\r\n");
  CHECK(reader.next() == nullptr);
}

TEST_CASE("an answer that does not end is the last", "[store][redis]") {
  redis_reply_reader reader;
  reader.feed("$100000000\r\n");
  const std::string some(1 << 20, 'x');
  int pieces = 0;
  while (reader.why().empty() && pieces < 100) {
    reader.feed(some);
    CHECK(reader.next() == nullptr);
    ++pieces;
  }
  CHECK(reader.why() == "an answer is too long");
  CHECK(pieces == 64);
}

TEST_CASE("many answers that are read as they come may be longer together", "[store][redis]") {
  redis_reply_reader reader;
  const std::string body(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) {
    reader.feed("$1048576\r\n" + body + "\r\n");
    redis_reply answer{reader.next()};
    REQUIRE(answer.raw());
    CHECK(answer.value().text().size() == body.size());
  }
  CHECK(reader.why().empty());
}
