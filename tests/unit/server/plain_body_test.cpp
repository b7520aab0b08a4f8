#include "support/catch.hpp"

#include "server/plain_body.hpp"
#include "support/gzip.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr plain_body_limits few_bytes{.max_bytes = 1'000'000, .max_ratio = 100};

std::string why(std::string body, std::string_view encoding) {
  const auto plain = plain_body(std::move(body), encoding, few_bytes);
  return plain ? "" : std::string{to_string(plain.error().code)};
}

} // namespace

TEST_CASE("a body is read as it is, or from gzip", "[unit][server]") {
  CHECK(*plain_body("text", "", few_bytes) == "text");
  CHECK(*plain_body("text", "Identity", few_bytes) == "text");
  const auto plain = plain_body(gzip("text"), "GZIP", few_bytes);
  REQUIRE(plain);
  CHECK(*plain == "text");
  CHECK(why("text", "br") == "unsupported");
  CHECK(why(std::string(1'000'001, 'x'), "") == "too_large");
}

TEST_CASE("what becomes too much, or too much for what was sent, is not decompressed", "[unit][server]") {
  CHECK(why(gzip(std::string(2'000'000, 'x')), "gzip") == "too_large");
  const auto bomb = gzip(std::string(900'000, 'x'));
  CHECK(bomb.size() < 9'000);
  CHECK(why(bomb, "gzip") == "too_large");
  CHECK(why(gzip(std::string(60'000, 'x')), "gzip").empty()); // small enough for any ratio
}

TEST_CASE("gzip that is cut, damaged, lies about its size, or has something behind it is refused", "[unit][server]") {
  const auto good = gzip("some text of an event");
  CHECK(why("", "gzip") == "invalid_json");
  CHECK(why(std::string(30, '\1'), "gzip") == "too_large"); // as its last four bytes say
  CHECK(why(std::string(30, '\0'), "gzip") == "invalid_json");
  CHECK(why(good.substr(0, good.size() - 1), "gzip") != "");
  CHECK(why(good + good, "gzip") == "invalid_json");
  for (const char size : {'\0', '\1', '\x7f'}) {
    auto liar = good;
    liar[liar.size() - 4] = size;
    CHECK(why(liar, "gzip") == "invalid_json");
  }
}
