#include "support/catch.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include "core/event/encode.hpp"
#include "core/event/json_writer.hpp"
#include "sluice/detail/json_wire.hpp"
#include "sluice/version.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

constexpr const char* library = R"("context":{"library":{"name":"sluice","version":")" SLUICE_VERSION_STRING R"("})";

result<std::string> bytes_of(const event_view& e, std::size_t most = 32 * 1024) {
  uuid_source ids{1};
  std::string out = "before";
  auto id = encode(out, e, {.max_event_bytes = most, .now = std::chrono::system_clock::from_time_t(0), .ids = ids});
  if (!id) {
    CHECK(out == "before"); // nothing half-written stays
    return id.error();
  }
  return out.substr(6);
}

template <class Event>
result<std::string> bytes_of_event(const Event& e) {
  return bytes_of(view_of(e));
}

error refusal(const event_view& e) {
  auto r = bytes_of(e);
  REQUIRE(!r);
  return r.error();
}

} // namespace

TEST_CASE("a track event on the wire", "[core][encode]") {
  const track e{.user_id = "u",
                .anonymous_id = "a",
                .event = "Order \"Completed\"",
                .properties = {{"total", 27.5}},
                .context = {{"ip", "::1"}, {"library", "theirs"}},
                .integrations = {{"All", true}},
                .message_id = "m",
                .timestamp = "2024-05-01T12:00:00+02:00",
                .original_timestamp = "2024-05-01 12:00:00"};
  CHECK(*bytes_of_event(e) ==
        std::string{R"({"messageId":"m","type":"track","channel":"server","userId":"u","anonymousId":"a",)"
                    R"("event":"Order \"Completed\"","properties":{"total":27.5},)"} +
            library +
            R"(,"ip":"::1"},"integrations":{"All":true},"timestamp":"2024-05-01T10:00:00.000Z",)"
            R"("originalTimestamp":"2024-05-01T12:00:00.000Z"})");
}

TEST_CASE("an identify event carries its traits in its context, too", "[core][encode]") {
  const identify e{
      .anonymous_id = "a", .traits = {{"plan", "x"}}, .context = {{"traits", {{"old", 1}}}}, .message_id = "m"};
  CHECK(*bytes_of_event(e) == std::string{R"({"messageId":"m","type":"identify","channel":"server","anonymousId":"a",)"
                                          R"("traits":{"plan":"x"},)"} +
                                  library +
                                  R"(,"traits":{"plan":"x"}},"originalTimestamp":"1970-01-01T00:00:00.000Z"})");
}

TEST_CASE("page, screen, group and alias events on the wire", "[core][encode]") {
  const auto type_of = [](const auto& e) { return json::parse(*bytes_of_event(e)); };
  auto p = type_of(page{.user_id = "u", .name = "Home", .category = "c", .properties = {{"a", 1}}});
  CHECK(p["type"] == "page");
  CHECK(p["name"] == "Home");
  CHECK(p["category"] == "c");
  CHECK(p["properties"]["a"] == 1);
  CHECK(type_of(screen{.user_id = "u", .name = "Main"})["type"] == "screen");
  auto g = type_of(group{.user_id = "u", .group_id = "g", .traits = {{"size", 3}}});
  CHECK(g["groupId"] == "g");
  CHECK(g["traits"]["size"] == 3);
  CHECK(!g["context"].contains("traits"));
  auto a = type_of(alias{.user_id = "u", .previous_id = "p"});
  CHECK(a["previousId"] == "p");
}

TEST_CASE("a property list and the same JSON object give the same bytes", "[core][encode]") {
  const std::initializer_list<property> list{{"a", 1},    {"b", -2.5},    {"c", "x\ty"},
                                             {"d", true}, {"e", nullptr}, {"f", 7U}};
  event_view e = view_of(track{});
  e.user_id = "u";
  e.subject = "E";
  e.message_id = "m";
  const json object{{"a", 1}, {"b", -2.5}, {"c", "x\ty"}, {"d", true}, {"e", nullptr}, {"f", 7U}};
  e.context = {};
  e.integrations = {};
  e.body = std::span<const property>{list.begin(), list.size()};
  const auto from_list = bytes_of(e);
  e.body = &object;
  REQUIRE(from_list);
  CHECK(*from_list == *bytes_of(e));
}

TEST_CASE("an event without a message id gets a UUID", "[core][encode]") {
  const auto e = json::parse(*bytes_of_event(track{.user_id = "u", .event = "e"}));
  const auto id = e["messageId"].get<std::string>();
  REQUIRE(id.size() == 36);
  CHECK(id[14] == '4');
  CHECK(std::string{"89ab"}.find(id[19]) != std::string::npos);
}

TEST_CASE("a track event without userId and anonymousId is rejected", "[core][rejected]") {
  const track e{.event = "e"};
  CHECK(refusal(view_of(e)).code == errc::missing_field);
  CHECK(refusal(view_of(e)).field == "userId");
}

TEST_CASE("every other required member that is missing or empty is rejected by name", "[core][rejected]") {
  const track t{.user_id = "u"};
  CHECK(refusal(view_of(t)).field == "event");
  const identify i{};
  CHECK(refusal(view_of(i)).field == "userId");
  const page p{};
  CHECK(refusal(view_of(p)).field == "userId");
  const screen s{};
  CHECK(refusal(view_of(s)).field == "userId");
  const group g{.user_id = "u"};
  CHECK(refusal(view_of(g)).field == "groupId");
  const alias a{.user_id = "u"};
  CHECK(refusal(view_of(a)).field == "previousId");
  const alias b{.previous_id = "p"};
  CHECK(refusal(view_of(b)).field == "userId");
}

TEST_CASE("properties, traits, context and integrations that are no objects are rejected by name", "[core][rejected]") {
  for (const json& bad : {json::array({1}), json("text"), json(1), json(true)}) {
    const track p{.user_id = "u", .event = "e", .properties = bad};
    CHECK(refusal(view_of(p)).code == errc::wrong_kind);
    CHECK(refusal(view_of(p)).field == "properties");
    const identify t{.user_id = "u", .traits = bad};
    CHECK(refusal(view_of(t)).field == "traits");
    const track c{.user_id = "u", .event = "e", .context = bad};
    CHECK(refusal(view_of(c)).field == "context");
    const track i{.user_id = "u", .event = "e", .integrations = bad};
    CHECK(refusal(view_of(i)).field == "integrations");
  }
}

TEST_CASE("a missing member is named whatever else the event has", "[core][rejected]") {
  track e;
  e.event = "e";
  e.properties = {{"items", {{{"a", 1}}, 2}}, {"total", 1.5}};
  e.context = {{"ip", "1.2.3.4"}};
  CHECK(refusal(view_of(e)).field == "userId");
  e.user_id = "u";
  e.event = "";
  CHECK(refusal(view_of(e)).field == "event");
}

TEST_CASE("NaN and infinity are rejected, with the path of the number", "[core][rejected]") {
  const track e{.user_id = "u", .event = "e", .properties = {{"items", {1, {{"price", std::nan("")}}}}}};
  CHECK(refusal(view_of(e)).code == errc::invalid_number);
  CHECK(refusal(view_of(e)).field == "properties.items[1].price");
  const track c{.user_id = "u", .event = "e", .context = {{"x", std::numeric_limits<double>::infinity()}}};
  CHECK(refusal(view_of(c)).field == "context.x");
  const property list[] = {{"total", std::nan("")}};
  event_view v = view_of(track{});
  v.context = {};
  v.integrations = {};
  v.user_id = "u";
  v.subject = "e";
  v.body = std::span<const property>{list};
  CHECK(refusal(v).field == "properties.total");
}

TEST_CASE("invalid UTF-8 is rejected, wherever it is", "[core][rejected]") {
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\xe2\x82", "\x80"}) {
    const track e{.user_id = "u", .event = bad};
    CHECK(refusal(view_of(e)).code == errc::invalid_utf8);
    CHECK(refusal(view_of(e)).field == "event");
    const track p{.user_id = "u", .event = "e", .properties = {{"a", {{"b", bad}}}}};
    CHECK(refusal(view_of(p)).field == "properties.a.b");
    const track k{.user_id = "u", .event = "e", .properties = {{bad, 1}}};
    CHECK(refusal(view_of(k)).code == errc::invalid_utf8);
    const track m{.user_id = "u", .event = "e", .message_id = bad};
    CHECK(refusal(view_of(m)).field == "messageId");
  }
}

TEST_CASE("JSON nested 64 deep is taken, deeper is rejected", "[core][rejected]") {
  json deep = 1;
  for (int i = 0; i < 63; ++i)
    deep = json{{"a", std::move(deep)}};
  track e{.user_id = "u", .event = "e", .properties = deep};
  CHECK(bytes_of_event(e));
  for (int i = 0; i < 3; ++i)
    e.properties = json{{"a", std::move(e.properties)}};
  CHECK(refusal(view_of(e)).code == errc::too_deep);
}

TEST_CASE("an event of more than max_event_bytes is rejected", "[core][rejected]") {
  const track e{.user_id = "u", .event = "e", .properties = {{"text", std::string(33 * 1024, 'x')}}};
  CHECK(refusal(view_of(e)).code == errc::too_large);
  CHECK(refusal(view_of(e)).message.find("32768") != std::string::npos);
}

TEST_CASE("a message id has at most 128 bytes", "[core][rejected]") {
  track e{.user_id = "u", .event = "e", .message_id = std::string(128, 'm')};
  CHECK(bytes_of_event(e));
  e.message_id += 'm';
  CHECK(refusal(view_of(e)).field == "messageId");
}

TEST_CASE("a date that is none is rejected by its name", "[core][rejected]") {
  const track t{.user_id = "u", .event = "e", .timestamp = "yesterday"};
  CHECK(refusal(view_of(t)).code == errc::invalid_date);
  CHECK(refusal(view_of(t)).field == "timestamp");
  const track o{.user_id = "u", .event = "e", .original_timestamp = "2024-06-ThT03:53:33.917+00:00"};
  CHECK(refusal(view_of(o)).field == "originalTimestamp");
}

TEST_CASE("JSON that broke on its way from another process is rejected by field", "[core][rejected]") {
  const track e{.user_id = "u", .event = "e", .properties = json_from_wire("{broken")};
  CHECK(refusal(view_of(e)).code == errc::invalid_json);
  CHECK(refusal(view_of(e)).field == "properties");
}

TEST_CASE("JSON on its way to another process comes out as it went in, or is rejected there", "[core][encode]") {
  const json value{{"a", {1, 2.5, "x", nullptr, true}}};
  CHECK(json_from_wire(json_to_wire(value)) == value);
  CHECK(json_from_wire(json_to_wire(nullptr)).is_null());
  CHECK(json_from_wire(json_to_wire(json{{"bad", "\xff"}})).is_discarded());
  CHECK(json_from_wire(json_to_wire(std::nan(""))).is_discarded());
  CHECK(json_from_wire(std::string(100'000, '[')).is_discarded());
}

TEST_CASE("what is written is what nlohmann/json writes, for 2 000 random trees", "[core][encode]") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const std::function<json(int)> tree = [&](int depth) -> json {
    switch (below(depth > 4 ? 5 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 1;
    case 2:
      return static_cast<std::int64_t>(random()) - 2'000'000'000;
    case 3:
      return static_cast<double>(random()) / 1024.0;
    case 4: {
      std::string text;
      for (unsigned i = below(20); i > 0; --i)
        text += std::vector<std::string>{"a", "\"", "\\", "\n", "\x01", "é", "€", "😀", "/", "\x7f"}[below(10)];
      return text;
    }
    case 5: {
      json array = json::array();
      for (unsigned i = below(5); i > 0; --i)
        array.push_back(tree(depth + 1));
      return array;
    }
    default: {
      json object = json::object();
      for (unsigned i = below(5); i > 0; --i)
        object["k" + std::to_string(below(100))] = tree(depth + 1);
      return object;
    }
    }
  };
  for (int i = 0; i < 2'000; ++i) {
    const auto value = tree(0);
    std::string text;
    json_writer w{text};
    w.value(value, "v");
    REQUIRE(w.ok());
    REQUIRE(json::parse(text) == value);
    if (value.is_string() || value.is_boolean())
      REQUIRE(text == value.dump());
  }
}

TEST_CASE("all 185 example events are taken, keep what they hold, and need no raw newline", "[core][encode]") {
  std::ifstream in{SLUICE_SOURCE_DIR "/examples/data/events.ndjson"};
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    auto e = parse_event(line);
    REQUIRE(e);
    const auto text = std::visit([](const auto& x) { return bytes_of_event(x); }, *e);
    REQUIRE(text);
    CHECK(text->find('\n') == std::string::npos);
    const auto was = json::parse(line), is = json::parse(*text);
    std::vector<std::string> kept{"type", "userId", "anonymousId", "integrations"};
    if (was["type"] == "track")
      kept.insert(kept.end(), {"event", "properties"});
    else
      kept.insert(kept.end(), {was["type"] == "page" ? "properties" : "traits"});
    for (const auto& member : kept)
      if (was.contains(member) && !was[member].is_null() && was[member] != "")
        CHECK(is.at(member) == was[member]);
  }
  CHECK(count == 185);
}
