#include "support/catch.hpp"

#include "core/event/edit_reader.hpp"

using namespace sluice;

namespace {

constexpr std::size_t most_bytes_of_edit = 1'000;

} // namespace

TEST_CASE("an edit is read, with the text of each event as it is", "[core][event]") {
  const auto all = read_batch_edit(
      R"( {"drop":[1, 4],"\u0065dit":[{"index":2,"event":{"n": 1.10, "s":"}]\""}},{"event":[],"index":0}]} )",
      most_bytes_of_edit);
  REQUIRE(all);
  CHECK(all->drop == std::vector<std::size_t>{1, 4});
  REQUIRE(all->edit.size() == 2);
  CHECK(all->edit[0].index == 2);
  CHECK(all->edit[0].event == R"({"n": 1.10, "s":"}]\""})");
  CHECK(all->edit[1].index == 0);
  CHECK(all->edit[1].event == "[]");
  for (const auto* nothing : {"{}", R"({"drop":[]})", R"({"edit":[],"drop":[]})"}) {
    const auto none = read_batch_edit(nothing, most_bytes_of_edit);
    REQUIRE(none);
    CHECK(none->drop.empty());
    CHECK(none->edit.empty());
  }
}

TEST_CASE("an edit that is wrong names its member", "[core][event][bad input]") {
  for (const auto& [text, field] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"{", ""},
           {"[]", ""},
           {"{} {}", ""},
           {R"({"drop":[1)", ""},
           {R"({"drop":["\xff"]})", "drop[0]"},
           {"{\"drop\":[\"\xff\"]}", ""},
           {R"({"x":1})", "x"},
           {R"({"drop":1})", "drop"},
           {R"({"drop":null})", "drop"},
           {R"({"drop":[0,-1]})", "drop[1]"},
           {R"({"drop":[1.5]})", "drop[0]"},
           {R"({"drop":["1"]})", "drop[0]"},
           {R"({"drop":[99999999999999999999]})", "drop[0]"},
           {R"({"drop":[1],"drop":[2]})", "drop"},
           {R"({"edit":{}})", "edit"},
           {R"({"edit":[7]})", "edit[0]"},
           {R"({"edit":[{"index":1,"event":{}},{"event":{}}]})", "edit[1].index"},
           {R"({"edit":[{"index":1}]})", "edit[0].event"},
           {R"({"edit":[{"index":true,"event":{}}]})", "edit[0].index"},
           {R"({"edit":[{"index":1,"event":{},"x":1}]})", "edit[0].x"},
           {R"({"edit":[{"index":1,"index":2,"event":{}}]})", "edit[0].index"},
           {R"({"drop":[)" + std::string(1'000, ' ') + "1]}", ""}}) {
    const auto wrong = read_batch_edit(text, most_bytes_of_edit);
    INFO(text);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().field == field);
    CHECK(wrong.error().message != "");
  }
}

TEST_CASE("one edited event is read", "[core][event]") {
  const auto one = read_event_edit(R"({"index":3,"event":{"type":"track"}})", most_bytes_of_edit);
  REQUIRE(one);
  CHECK(one->index == 3);
  CHECK(one->event == R"({"type":"track"})");
  for (const auto& [text, field] : std::vector<std::pair<std::string, std::string>>{
           {R"({"index":"3","event":{}})", "index"}, {R"({"index":3})", "event"}, {R"({"event":{}})", "index"}}) {
    const auto wrong = read_event_edit(text, most_bytes_of_edit);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().field == field);
  }
  CHECK(read_event_edit(std::string(1'001, ' '), most_bytes_of_edit).error().code == errc::too_large);
}
