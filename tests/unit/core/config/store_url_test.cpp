#include "support/catch.hpp"

#include "core/config/store_url.hpp"

using namespace sluice;

namespace {

result<store_url> parse(const std::string& text) {
  return parse_store_url({.persistence = text});
}

std::string complaint(const std::string& text) {
  INFO(text);
  const auto url = parse(text);
  REQUIRE(!url);
  CHECK(url.error().field == "persistence");
  return url.error().message;
}

} // namespace

TEST_CASE("a store's URL names its host", "[core][store_url]") {
  const auto redis = std::get<redis_options>(*parse("redis://user:p%40ss@r-1.example.com:6380/3"));
  CHECK(redis.host == "r-1.example.com");
  CHECK(redis.password == "p@ss");
  CHECK(std::get<redis_options>(*parse("redis://[2001:db8::1]")).host == "2001:db8::1");
  CHECK(std::get<redis_options>(*parse("redis://10.0.0.1")).host == "10.0.0.1");
}

TEST_CASE("a host of a store that is none is refused, not taken for another", "[core][store_url]") {
  for (const char* host : {"a%00b", "a%0ab", "a%20b", "%c3%bc"})
    CHECK(complaint(std::string{"redis://"} + host + "/1") ==
          "must name a host of letters, digits, hyphens, underscores and dots, or an address");
}

TEST_CASE("a store's host that begins with an address is never taken for the address", "[core][store_url]") {
  const auto url = parse("redis://127.0.0.1.example.com/1");
  if (url) // Boost.URL 1.81 cannot read it, and it is refused.
    CHECK(std::get<redis_options>(*url).host == "127.0.0.1.example.com");
  else
    CHECK(complaint("redis://127.0.0.1.example.com/1") ==
          "must name a host of letters, digits, hyphens, underscores and dots, or an address");
}

TEST_CASE("a password with a slash does not become the path of a socket", "[core][store_url]") {
  for (const char* password : {"pass/word", "12/34", "p/w"})
    CHECK(complaint(std::string{"redis+unix://:"} + password + "@/run/redis.sock").find("percent-encoded") !=
          std::string::npos);
  CHECK(complaint("redis+unix://run/redis.sock") ==
        "must name the path of a socket, as in redis+unix:///run/redis.sock");
  CHECK(std::get<redis_options>(*parse("redis+unix://:p%2Fw@/run/redis.sock")).unix_socket == "/run/redis.sock");
}

TEST_CASE("a path of a socket that ends early is refused", "[core][store_url]") {
  CHECK(complaint("redis+unix:///run/a%00b") == "must name the path of a socket, as in redis+unix:///run/redis.sock");
}
