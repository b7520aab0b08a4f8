#include "support/catch.hpp"

#include "cli/duration_option.hpp"

using namespace sluice;

TEST_CASE("a duration has a unit, or the unit of the option", "[cli][duration]") {
  CHECK(parse_duration("500ms", plain_unit::none) == milliseconds{500});
  CHECK(parse_duration("30s", plain_unit::none) == milliseconds{30'000});
  CHECK(parse_duration("5m", plain_unit::ms) == milliseconds{300'000});
  CHECK(parse_duration("1h", plain_unit::s) == milliseconds{3'600'000});
  CHECK(parse_duration("2d", plain_unit::none) == milliseconds{172'800'000});
  CHECK(parse_duration("7", plain_unit::ms) == milliseconds{7});
  CHECK(parse_duration("7", plain_unit::s) == milliseconds{7'000});
  for (const char* text : {"7", "", "s", "-1s", "1.5s", "1 s", "1w", "1sx", "99999999999d", "+1s"})
    CHECK(!parse_duration(text, plain_unit::none));
}

TEST_CASE("a duration is shown in its largest whole unit", "[cli][duration]") {
  CHECK(to_text(milliseconds{500}) == "500ms");
  CHECK(to_text(milliseconds{90'000}) == "90s");
  CHECK(to_text(milliseconds{3'600'000}) == "1h");
  CHECK(to_text(milliseconds{0}) == "0s");
}
