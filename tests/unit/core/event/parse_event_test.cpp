#include "support/catch.hpp"

#include "sluice/event.hpp"

using namespace sluice;

namespace {

error refusal(std::string_view text, std::size_t most = 1 << 20) {
  auto e = parse_event(text, most);
  REQUIRE(!e);
  return e.error();
}

} // namespace

TEST_CASE("the type member says which event it is", "[core][parse]") {
  CHECK(std::holds_alternative<track>(*parse_event(R"({"type":"track"})")));
  CHECK(std::holds_alternative<identify>(*parse_event(R"({"type":"identify"})")));
  CHECK(std::holds_alternative<page>(*parse_event(R"({"type":"page"})")));
  CHECK(std::holds_alternative<screen>(*parse_event(R"({"type":"screen"})")));
  CHECK(std::holds_alternative<group>(*parse_event(R"({"type":"group"})")));
  CHECK(std::holds_alternative<alias>(*parse_event(R"({"type":"alias"})")));
}

TEST_CASE("a number given as an id becomes its decimal string", "[core][parse]") {
  const auto e = std::get<track>(
      *parse_event(R"({"type":"track","userId":42,"anonymousId":-7,"messageId":18446744073709551615})"));
  CHECK(e.user_id == "42");
  CHECK(e.anonymous_id == "-7");
  CHECK(e.message_id == "18446744073709551615");
}

TEST_CASE("null is absent", "[core][parse]") {
  const auto e = std::get<track>(*parse_event(R"({"type":"track","userId":null,"properties":null,"timestamp":null})"));
  CHECK(e.user_id.empty());
  CHECK(e.properties.is_null());
}

TEST_CASE("text that is no JSON is rejected", "[core][parse]") {
  for (const char* text : {"", "{", "nonsense", R"({"type":"track",})", R"({"a":NaN})"})
    CHECK(refusal(text).code == errc::invalid_json);
  CHECK(refusal("{\"type\":tru}").message == "invalid JSON at byte 12");
  CHECK(refusal("{\"a\":\"\xff\"}").code == errc::invalid_utf8);
}

TEST_CASE("a line with a NUL byte is rejected, with what comes after it", "[core][parse]") {
  using namespace std::string_literals;
  CHECK(refusal("{\"type\":\"track\"}\0{\"type\":\"track\"}"s).message == "invalid JSON at byte 17: a NUL byte");
}

TEST_CASE("a number keeps its digits, or is rejected by the name of its field", "[core][parse]") {
  const auto with = [](const std::string& number) {
    return R"({"type":"track","properties":{"a":[{"b":0},{"x":)" + number + "}]}}";
  };
  for (const char* number : {"12345678901234567890123", "-9223372036854775809", "18446744073709551617", "1e400",
                             "1e-400", "0.12345678901234567890"}) {
    const auto why = refusal(with(number));
    CHECK(why.code == errc::invalid_number);
    CHECK(why.field == "properties.a[1].x");
    CHECK(why.message == "the number " + std::string{number} + " does not fit; give it as a string");
  }
  CHECK(refusal(with(std::string(1'000, '7'))).message.size() < 100);
  for (const char* number :
       {"18446744073709551615", "-9223372036854775808", "0.1", "1.50", "-0.0", "1e22", "1E+2", "0e999",
        "18446744073709551616", "0.30000000000000004", "5e-324", "1.7976931348623157e308", "100000000000000000000"})
    CHECK(parse_event(with(number)));
  CHECK(refusal(R"({"type":"track","userId":12345678901234567890123})").field == "userId");
}

TEST_CASE("JSON that is no event is rejected by name", "[core][parse]") {
  CHECK(refusal("[]").code == errc::wrong_kind);
  CHECK(refusal("{}").field == "type");
  CHECK(refusal(R"({"type":"purchase"})").code == errc::unknown_type);
  CHECK(refusal(R"({"type":1})").field == "type");
  CHECK(refusal(R"({"type":"track","event":{}})").field == "event");
  CHECK(refusal(R"({"type":"track","userId":[]})").field == "userId");
  CHECK(refusal(R"({"type":"track","timestamp":1714564800})").field == "timestamp");
}

TEST_CASE("length and depth are checked before anything is built", "[core][parse]") {
  CHECK(refusal(std::string(10 << 20, ' ')).code == errc::too_large);
  CHECK(refusal(std::string(100'000, '[')).code == errc::too_deep);
  CHECK(refusal(R"({"type":"track"})", 10).code == errc::too_large);
  CHECK(parse_event(
      R"({"type":"track","properties":{"text":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}})"));
}
