#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include "core/persistence/block_list.hpp"
#include "fakes/dead_queue.hpp"
#include "server/event_request.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::json;

namespace {

constexpr std::chrono::system_clock::time_point received_at{std::chrono::hours{480'000}};

result<events_of_request> read(intake& into, const std::string& body, std::string_view type = "") {
  return event_request_reader{into}.read(body, type, received_at);
}

} // namespace

TEST_CASE("the valid events of a batch are encoded, the others named by index and field", "[unit][server]") {
  intake into{options{}};
  const auto all = read(into, R"({"batch":[{"type":"track","userId":"u","event":"e","messageId":"m"},
    {"type":"track","event":"e"}, 7, {"type":"identify","anonymousId":"a"},
    {"type":"page","userId":"u","properties":[]}]})");
  REQUIRE(all);
  CHECK(all->valid.size() == 2);
  CHECK(all->valid.partitions.size() == 2);
  CHECK(all->valid.bytes.find(R"("messageId":"m")") != std::string::npos);
  CHECK(into.totals().snapshot().rejected == 3);
  const auto answer = stored_reply(2, all->invalid);
  CHECK(answer.status == 400);
  const auto said = json::parse(answer.body);
  CHECK(said["stored"] == 2);
  CHECK(said["invalid"] == 3);
  CHECK(said["errors"][0]["index"] == 1);
  CHECK(said["errors"][0]["field"] == "userId");
  CHECK(said["errors"][0]["code"] == "missing_field");
  CHECK(said["errors"][1]["index"] == 2);
  CHECK(said["errors"][2]["index"] == 4);
  CHECK(said["errors"][2]["field"] == "properties");
}

TEST_CASE("a path may say the type of the one event", "[unit][server]") {
  intake into{options{}};
  const auto one = read(into, R"({"userId":"u","event":"e","type":"alias"})", "track");
  REQUIRE(one);
  CHECK(one->valid.bytes.find(R"("type":"track")") != std::string::npos);
  CHECK(read(into, "{}", "page")->invalid.first.at(0).why.field == "userId");
  CHECK(read(into, "[]", "page")->invalid.count == 1);
}

TEST_CASE("of many invalid events the first hundred are named", "[unit][server]") {
  intake into{options{}};
  std::string body = R"({"batch":[{})";
  for (int i = 0; i < 299; ++i)
    body += ",{}";
  const auto all = read(into, body + "]}");
  CHECK(all->invalid.count == 300);
  const auto said = json::parse(stored_reply(0, all->invalid).body);
  CHECK(said["invalid"] == 300);
  CHECK(said["errors"].size() == 100);
}

TEST_CASE("a field with a name from outside is quoted, and cut", "[unit][server]") {
  intake into{options{}};
  const auto name = std::string{R"(\"\u0000\u20ac)"} + std::string(1'000, 'x');
  const auto all =
      read(into, R"({"batch":[{"type":"track","userId":"u","event":"e","properties":{")" + name + R"(":1e999}}]})");
  REQUIRE(all);
  REQUIRE(all->invalid.count == 1);
  const auto said = json::parse(stored_reply(0, all->invalid).body);
  CHECK(said["errors"][0]["field"].get<std::string>().size() <= 256);
}

TEST_CASE("events of a blocked user are left out of a request, which is well", "[unit][server][block]") {
  dead_queue queue;
  REQUIRE(block(queue, {.user = "gone"}, store_time::max(), store_time{}));
  intake into{options{}};
  into.block(block_list::read(queue).value());
  const auto all = read(into, R"({"batch":[{"type":"track","userId":"gone","event":"e"},)"
                              R"({"type":"track","userId":"u","event":"e"},{"type":"track","userId":"u"}]})");
  REQUIRE(all);
  CHECK(all->valid.size() == 1);
  CHECK(all->blocked == 1);
  REQUIRE(all->invalid.count == 1);
  CHECK(all->invalid.first.at(0).index == 2);
  CHECK(into.totals().snapshot().rejected == 2);
}

TEST_CASE("an answer says whether to come again", "[unit][server]") {
  CHECK(failed_reply({errc::buffer_full, "", ""}).status == 429);
  CHECK(failed_reply({errc::buffer_full, "", ""}).headers.at(0).first == "Retry-After");
  CHECK(failed_reply({errc::buffer_full, "", ""}, std::chrono::seconds{7}).headers.at(0).second == "7");
  CHECK(failed_reply({errc::pending, "", ""}).status == 503);
  CHECK(failed_reply({errc::closed, "", ""}).status == 503);
  CHECK(failed_reply({errc::too_large, "body", ""}).status == 413);
  CHECK(failed_reply({errc::invalid_json, "body", ""}).status == 400);
  CHECK(failed_reply({errc::invalid_json, "body", ""}).headers.empty());
}
