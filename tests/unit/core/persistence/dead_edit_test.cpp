#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include "core/event/encode.hpp"
#include "core/event/event_reader.hpp"
#include "core/persistence/dead_edit.hpp"
#include "core/wire/event_chunk.hpp"
#include "core/wire/payload.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

constexpr std::chrono::system_clock::time_point edited_at{std::chrono::seconds{1'700'000'000}};

// A track event as a producer gives it.
std::string track_of(const std::string& id, const std::string& more = "") {
  return R"({"type":"track","userId":"u","event":"e","messageId":")" + id + "\"" + more + "}";
}

// A dead letter of these events, as the library encodes them.
dead_letter letter_of(const std::vector<std::string>& events, bool gzip = true) {
  uuid_source ids{1};
  event_reader reader;
  event_chunk all;
  for (const auto& e : events) {
    std::string encoded;
    const auto view = reader.read(e);
    REQUIRE(view);
    REQUIRE(encode(encoded, *view, {.max_event_bytes = 100'000, .now = edited_at, .ids = ids}));
    all.append(encoded, nullptr);
  }
  return {.id = "a-1",
          .events = static_cast<std::uint32_t>(events.size()),
          .payload = payload_sealer{}.seal(all.bytes, gzip, edited_at)};
}

result<edited_dead> edit(const dead_letter& d, const batch_edit& change, std::size_t max_batch_bytes = 100'000) {
  uuid_source ids{2};
  return edit_dead(
      d, change,
      {.most = {.max_event_bytes = 1'000, .max_batch_bytes = max_batch_bytes}, .now = edited_at, .ids = ids});
}

json events_of_batch(const edited_dead& e) {
  return json::parse(*open_payload(*e.by->payload))["batch"];
}

error error_of(const dead_letter& d, const batch_edit& change, std::size_t max_batch_bytes = 100'000) {
  const auto edited = edit(d, change, max_batch_bytes);
  REQUIRE_FALSE(edited);
  return edited.error();
}

} // namespace

TEST_CASE("events of a dead letter are dropped and replaced, and the others stay as they are", "[core][dead]") {
  const bool gzip = GENERATE(true, false);
  const auto letter =
      letter_of({track_of("m0"), track_of("m1", R"(,"properties":{"n":1.10})"), track_of("m2"), track_of("m3")}, gzip);
  const auto edited = edit(letter, {.drop = {3, 0}, .edit = {{2, track_of("m9", R"(,"properties":{"n": 2.50})")}}});
  REQUIRE(edited);
  CHECK(edited->dropped == 2);
  CHECK(edited->edited == 1);
  CHECK(edited->by->id == "a-1.e1");
  CHECK(edited->by->events == 2);
  CHECK(is_gzip(*edited->by->payload) == gzip);
  CHECK(*message_ids_of(*edited->by->payload) == std::vector<std::string>{"m1", "m9"});
  const auto before = *open_payload(*letter.payload), after = *open_payload(*edited->by->payload);
  CHECK((*events_of(after))[0] == (*events_of(before))[1]);
  CHECK((*events_of(after))[1].find(R"("properties":{"n":2.50})") != std::string_view::npos);
  CHECK(events_of_batch(*edited)[1]["context"]["library"]["name"] == "sluice");
  CHECK(attempt_of(*edited->by->payload, edited_at).has_value());
}

TEST_CASE("an event that is shown and given back unchanged is the same event", "[core][dead]") {
  const auto letter = letter_of({R"({"type":"identify","userId":"u","traits":{"a":{"b":[1,"x"]}},"timestamp":)"
                                 R"("2024-05-01T12:00:00Z","context":{"ip":"1.2.3.4"},"integrations":{"All":true}})",
                                 track_of("m1")});
  const auto before = *open_payload(*letter.payload);
  const auto edited = edit(letter, {.edit = {{0, std::string{(*events_of(before))[0]}}}});
  REQUIRE(edited);
  CHECK(*open_payload(*edited->by->payload) == before);
}

TEST_CASE("a new event without a message id takes that of the event before it", "[core][dead]") {
  const auto letter = letter_of({track_of("m0"), track_of("\\u0022m1")});
  const auto replaced = edit(letter, {.edit = {{1, R"({"type":"page","userId":"v","name":"p"})"}}});
  REQUIRE(replaced);
  CHECK(*message_ids_of(*replaced->by->payload) == std::vector<std::string>{"m0", "\"m1"});
  auto foreign = letter;
  foreign.events = 1;
  foreign.payload = payload_sealer{}.seal(R"({"event":"e"})", true, edited_at);
  const auto made = edit(foreign, {.edit = {{0, R"({"type":"page","userId":"v"})"}}});
  REQUIRE(made);
  CHECK((*message_ids_of(*made->by->payload))[0].size() == 36);
}

TEST_CASE("what is wrong with an edit is named", "[core][dead][bad input]") {
  const auto letter = letter_of({track_of("m0"), track_of("m1"), track_of("m2")});
  const auto good = track_of("m9");
  struct wrong_edit {
    batch_edit change;
    std::string field;
    errc code;
  };
  for (const auto& w : std::vector<wrong_edit>{
           {{}, "drop", errc::missing_field},
           {{.drop = {0, 3}}, "drop[1]", errc::invalid_option},
           {{.drop = {1, 1}}, "drop[1]", errc::invalid_option},
           {{.drop = {2, 0, 1}}, "drop", errc::invalid_option},
           {{.edit = {{3, good}}}, "edit[0].index", errc::invalid_option},
           {{.edit = {{0, good}, {0, good}}}, "edit[1].index", errc::invalid_option},
           {{.drop = {0}, .edit = {{0, good}}}, "edit[0].index", errc::invalid_option},
           {{.edit = {{0, R"({"type":"track","event":"e"})"}}}, "edit[0].event.userId", errc::missing_field},
           {{.edit = {{0, good}, {1, R"({"type":"track","userId":"u"})"}}}, "edit[1].event.event", errc::missing_field},
           {{.edit = {{0, R"({"type":"x","userId":"u"})"}}}, "edit[0].event.type", errc::unknown_type},
           {{.edit = {{0, R"({"type":"page","userId":"u","timestamp":"x"})"}}},
            "edit[0].event.timestamp",
            errc::invalid_date},
           {{.edit = {{0, R"({"type":"page","userId":[]})"}}}, "edit[0].event.userId", errc::wrong_kind},
           {{.edit = {{0, R"({"type":"page","userId":"u","properties":{"n":1e999}})"}}},
            "edit[0].event.properties.n",
            errc::invalid_number},
           {{.edit = {{0, "7"}}}, "edit[0].event", errc::wrong_kind},
           {{.edit = {{0, R"({"type":}")"}}}, "edit[0].event", errc::invalid_json},
           {{.edit = {{0, track_of("m9", R"(,"properties":{"x":")" + std::string(1'000, 'x') + "\"}")}}},
            "edit[0].event",
            errc::too_large}}) {
    const auto why = error_of(letter, w.change);
    INFO(to_string(why));
    CHECK(why.field == w.field);
    CHECK(why.code == w.code);
    CHECK(why.message != "");
  }
}

TEST_CASE("a dead letter grows up to the bound of a batch, or to what it was", "[core][dead]") {
  const auto letter = letter_of({track_of("m0"), track_of("m1")});
  const auto bytes = open_payload(*letter.payload)->size();
  const batch_edit longer{.edit = {{0, track_of("m00")}}};
  CHECK(edit(letter, longer, bytes + 1));
  const auto why = error_of(letter, longer, bytes);
  CHECK(why.field == "edit");
  CHECK(why.code == errc::too_large);
  CHECK(edit(letter, {.edit = {{0, track_of("m9")}}}, 10));
  CHECK(edit(letter, {.drop = {0}}, 10));
}

TEST_CASE("a damaged dead letter is not edited", "[core][dead][bad input]") {
  auto letter = letter_of({track_of("m0"), track_of("m1")});
  const auto damaged = [&](const std::string& payload) {
    letter.payload = std::make_shared<const std::string>(payload);
    return error_of(letter, {.drop = {0}}).field == "payload";
  };
  const auto whole = *letter.payload;
  CHECK(damaged(""));
  CHECK(damaged("no batch"));
  CHECK(damaged(whole.substr(0, whole.size() - 9)));
  letter.events = 3;
  CHECK(damaged(whole));
  letter.events = 2;
  letter.payload = std::make_shared<const std::string>(whole);
  CHECK(edit(letter, {.drop = {0}}));
  letter.id = std::string(126, 'a');
  CHECK(error_of(letter, {.drop = {0}}).field == "id");
}

TEST_CASE("an edited dead letter is edited again", "[core][dead]") {
  auto letter = letter_of({track_of("m0"), track_of("m1"), track_of("m2")});
  for (const auto* id : {"a-1.e1", "a-1.e2"}) {
    const auto edited = edit(letter, {.drop = {0}});
    REQUIRE(edited);
    CHECK(edited->by->id == id);
    letter.id = edited->by->id;
    letter.events = edited->by->events;
    letter.payload = edited->by->payload;
  }
  CHECK(*message_ids_of(*letter.payload) == std::vector<std::string>{"m2"});
  CHECK(error_of(letter, {.drop = {0}}).field == "drop");
}
