#include "support/catch.hpp"

#include "core/event/batch_reader.hpp"

using namespace sluice;

namespace {

// The events that are found, a space behind each, and then the error.
std::string found_in(const std::string& body) {
  std::string all;
  const auto done = batch_reader{}.read(body, 5, [&](std::string_view event) { all.append(event).append(" "); });
  return done ? all : all + std::string{to_string(done.error().code)} + " " + done.error().field;
}

} // namespace

TEST_CASE("a reader finds the events of a batch, whatever stands around them", "[unit][batch reader]") {
  CHECK(found_in(R"({"batch":[]})").empty());
  CHECK(found_in(R"({"sentAt":"x","batch":[{"a":[1,{}]},{"b":"}]"}],"context":{"batch":[7]}} )") ==
        R"({"a":[1,{}]} {"b":"}]"} )");
  CHECK(found_in(R"({"batch":[1, "x",null]})") == "1 \"x\" null ");
}

TEST_CASE("a reader says what is wrong with a body, and has passed on what came before", "[unit][batch reader]") {
  CHECK(found_in("") == "invalid_json body");
  CHECK(found_in("[]") == "wrong_kind body");
  CHECK(found_in("{}") == "missing_field batch");
  CHECK(found_in(R"({"batch":{}})") == "wrong_kind batch");
  CHECK(found_in(R"({"batch":[{}],"batch":[{}]})") == "{} wrong_kind batch");
  CHECK(found_in(R"({"batch":[1],"b\u0061tch":[{}]})") == "1 wrong_kind batch");
  CHECK(found_in(R"({"batch":[{"a":1},{"a":)") == "invalid_json body");
  CHECK(found_in(R"({"batch":[{"a":1} {"b":2}]})") == R"({"a":1}  invalid_json body)");
  CHECK(found_in(R"({"batch":[{}]} {"batch":[{}]})") == "{} invalid_json body");
  CHECK(found_in("{\"batch\":[\"\xff\"]}") == "invalid_utf8 body");
  CHECK(found_in(R"({"batch":[1,2,3,4,5]})") == "1 2 3 4 5 ");
  CHECK(found_in(R"({"batch":[1,2,3,4,5,6]})") == "1 2 3 4 5 too_large batch");
}

TEST_CASE("a long body is read as well, and so is the next one", "[unit][batch reader]") {
  batch_reader reader;
  const std::string long_event = R"({"x":")" + std::string(3 << 20, 'x') + R"("})";
  for (int i = 0; i < 2; ++i) {
    std::size_t bytes = 0;
    REQUIRE(
        reader.read(R"({"batch":[)" + long_event + "]}", 1, [&](std::string_view event) { bytes += event.size(); }));
    CHECK(bytes == long_event.size());
  }
}

TEST_CASE("the type that a path says is the last member", "[unit][batch reader]") {
  CHECK(with_type(R"({"type":"page","a":1} )", "track") == R"({"type":"page","a":1,"type":"track"})");
  CHECK(with_type("{ }", "track") == R"({ "type":"track"})");
  CHECK(with_type("[]", "track") == "[]");
  CHECK(with_type("", "track").empty());
}
