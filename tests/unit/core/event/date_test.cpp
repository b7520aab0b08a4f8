#include "support/catch.hpp"

#include "core/event/date.hpp"
#include "sluice/event.hpp"

using namespace sluice;

namespace {

std::string normal(std::string_view text) {
  const auto parsed = parse_date(text);
  if (!parsed)
    return "rejected";
  std::string out;
  append_date(out, *parsed);
  return out;
}

} // namespace

TEST_CASE("dates of every form that is taken come out in UTC with milliseconds", "[core][date]") {
  CHECK(normal("2024-05-01T12:00:00Z") == "2024-05-01T12:00:00.000Z");
  CHECK(normal("2024-05-01 12:00:00") == "2024-05-01T12:00:00.000Z");
  CHECK(normal("2024-05-01T12:00:00.5Z") == "2024-05-01T12:00:00.500Z");
  CHECK(normal("2024-05-01T12:00:00.123456789Z") == "2024-05-01T12:00:00.123Z");
  CHECK(normal("2022-12-26T19:45:25.619+05:30") == "2022-12-26T14:15:25.619Z");
  CHECK(normal("2022-12-26T19:45:25.619+0530") == "2022-12-26T14:15:25.619Z");
  CHECK(normal("2022-12-26T19:45:25-05") == "2022-12-27T00:45:25.000Z");
  CHECK(normal("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
  CHECK(normal("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.000Z");
  CHECK(normal("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("anything else is no date", "[core][date]") {
  for (const char* text :
       {"", "2024-05-01", "2024-05-01T12:00Z", "2024-06-ThT03:53:33.917+00:00", "2019-01-TuT12:48:23.395+00:00",
        "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-10T00:00:00Z", "2024-05-01T24:00:00Z",
        "2024-05-01T12:60:00Z", "2024-05-01T12:00:00.1234567890Z", "2024-05-01T12:00:00X", "2024-05-01T12:00:00+25:00",
        "2024-05-01T12:00:00+05:3", "2024-05-01T12:00:00Z ", " 2024-05-01T12:00:00Z", "1714564800",
        "24-05-01T12:00:00Z"})
    CHECK(normal(text) == "rejected");
}

TEST_CASE("a date that goes out survives coming in", "[core][date]") {
  for (std::int64_t ms = -62'135'596'800'000; ms < 253'402'300'800'000; ms += 7'919'191'919'191) {
    const date_time t{std::chrono::milliseconds{ms}};
    std::string text;
    append_date(text, t);
    REQUIRE(text.size() == date_size);
    CHECK(parse_date(text) == t);
  }
}

TEST_CASE("years that four digits cannot hold are cut to those that they can", "[core][date]") {
  std::string text;
  append_date(text, date_time::max());
  CHECK(text == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("iso8601 gives what the members take", "[core][date]") {
  CHECK(iso8601(std::chrono::system_clock::from_time_t(1'714'564'800)) == "2024-05-01T12:00:00.000Z");
}
