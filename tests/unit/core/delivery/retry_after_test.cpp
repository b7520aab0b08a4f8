#include "support/catch.hpp"

#include "core/delivery/retry_after.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

const auto asked_at = std::chrono::system_clock::from_time_t(784'111'770); // Sun, 06 Nov 1994 08:49:30 GMT

} // namespace

TEST_CASE("Retry-After is seconds", "[core][retry]") {
  CHECK(parse_retry_after("120", asked_at) == 120s);
  CHECK(parse_retry_after(" 0 ", asked_at) == 0s);
  CHECK(parse_retry_after("99999999999999999999999", asked_at) == 365 * 24h);
}

TEST_CASE("Retry-After is an HTTP date of any of the three forms", "[core][retry]") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", asked_at) == 7s);
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", asked_at) == 7s);
  CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", asked_at) == 7s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", asked_at) == 0s);
}

TEST_CASE("a Retry-After that makes no sense is none", "[core][retry]") {
  for (const char* text : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "12x"})
    CHECK(parse_retry_after(text, asked_at) == std::nullopt);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT\0 and more"sv, asked_at) == std::nullopt);
}

TEST_CASE("a Retry-After date in a far future asks for the most, not for a date that overflows", "[core][retry]") {
  for (const char* date :
       {"Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 12 Apr 2262 00:00:00 GMT", "Fri Dec 31 23:59:59 9999"})
    CHECK(parse_retry_after(date, asked_at) == 365 * 24h);
  CHECK(parse_retry_after("Mon, 01 Jan 0001 00:00:00 GMT", asked_at) == 0s);
}
