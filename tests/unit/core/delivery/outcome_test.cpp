#include "support/catch.hpp"

#include "core/delivery/outcome.hpp"

using namespace sluice;

namespace {

outcome of(int status, std::uint32_t events = 20) {
  return classify({.status = status}, events).what;
}

} // namespace

TEST_CASE("every 2xx is delivered", "[core][outcome]") {
  for (int s = 200; s < 300; ++s)
    CHECK(of(s) == outcome::delivered);
}

TEST_CASE("408, 410, 425, 460, and 5xx but 501 to 505, are tried again", "[core][outcome]") {
  for (const int s : {408, 410, 425, 460, 500})
    CHECK(of(s) == outcome::retryable);
  for (int s = 506; s < 600; ++s)
    CHECK(of(s) == outcome::retryable);
}

TEST_CASE("429 is tried again, and asks for a pause", "[core][outcome]") {
  CHECK(of(429) == outcome::throttled);
}

TEST_CASE("502 to 504 are tried again, and say that the destination may be away", "[core][outcome]") {
  for (const int s : {502, 503, 504})
    CHECK(of(s) == outcome::unreachable);
}

TEST_CASE("400 and 413 are split, a single event is dead", "[core][outcome]") {
  for (const int s : {400, 413}) {
    CHECK(of(s, 2) == outcome::splittable);
    CHECK(of(s, 1) == outcome::permanent);
  }
}

TEST_CASE("a redirect, 401, 403, 404, 405, 407, 415, 501, 505 suspend deliveries", "[core][outcome]") {
  for (int s = 300; s < 400; ++s)
    CHECK(of(s) == outcome::misconfigured);
  for (const int s : {401, 403, 404, 405, 407, 415, 501, 505})
    CHECK(of(s) == outcome::misconfigured);
}

TEST_CASE("every other 4xx is permanent", "[core][outcome]") {
  for (const int s :
       {402, 406, 409, 411, 412, 414, 416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 451, 459, 461, 499})
    CHECK(of(s) == outcome::permanent);
}

TEST_CASE("what is no HTTP status is tried again", "[core][outcome]") {
  for (const int s : {-1, 100, 199, 600, 999})
    CHECK(of(s) == outcome::retryable);
  CHECK(of(0) == outcome::unreachable);
}

TEST_CASE("every failure to get a response says that the destination may be away, but a cancelled attempt was none",
          "[core][outcome]") {
  using f = transport_failure;
  for (const auto failure : {f::resolve, f::connect, f::proxy, f::tls, f::send, f::receive, f::timeout})
    CHECK(classify({.failure = failure}, 1).what == outcome::unreachable);
  CHECK(classify({.failure = f::cancelled}, 1).what == outcome::cancelled);
}

TEST_CASE("a 2xx that is no JSON, where JSON is required, says that the address is wrong", "[core][outcome]") {
  const auto c = classify({.failure = transport_failure::not_json,
                           .status = 200,
                           .detail = "the answer is no JSON (Content-Type: text/html)"},
                          1);
  CHECK(c.what == outcome::misconfigured);
  CHECK(c.why.status == 200);
  CHECK(c.why.reason == "HTTP 200: the answer is no JSON (Content-Type: text/html)");
}

TEST_CASE("the reason says the status and the server's words", "[core][outcome]") {
  const auto c = classify({.status = 503, .detail = "overloaded"}, 1);
  CHECK(c.why.status == 503);
  CHECK(c.why.reason == "HTTP 503: overloaded");
  CHECK(classify({.failure = transport_failure::connect, .detail = "refused"}, 1).why.reason ==
        "cannot connect: refused");
}
