#include "support/catch.hpp"

#include <map>
#include <random>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "core/persistence/batch_divider.hpp"
#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/event_chunk.hpp"

using namespace sluice;

namespace {

constexpr std::chrono::system_clock::time_point cut_at{std::chrono::seconds{1'700'000'000}};

// A batch of these events.
batch batch_with(const std::string& id, const std::vector<std::string>& events, bool gzip = true) {
  payload_sealer sealer;
  event_chunk all;
  for (const auto& e : events)
    all.append(e, nullptr);
  return {
      .id = id, .events = static_cast<std::uint32_t>(events.size()), .payload = sealer.seal(all.bytes, gzip, cut_at)};
}

std::string event_of(const std::string& user, int n, const char* member = "userId") {
  return R"({"messageId":"m)" + std::to_string(n) + R"(",")" + member + R"(":")" + user + "\"}";
}

nlohmann::json events_in(const batch& b) {
  return nlohmann::json::parse(*open_payload(*b.payload))["batch"];
}

} // namespace

TEST_CASE("without an order of users a batch goes where its id says, as it is", "[core][partition]") {
  batch_divider divider{16, false};
  for (const char* const id : {"a-0", "a-17", "a-31.0.1", "nobody"}) {
    const auto b = batch_with(id, {event_of("u", 1)});
    const auto parts = divider.parts_of(b, cut_at);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].partition == partition_of(id, 16));
    CHECK(parts[0].content.id == id);
    CHECK(parts[0].content.payload == b.payload);
  }
}

TEST_CASE("a batch is divided by user, and each part is where its user's next events will be", "[core][partition]") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 100; ++round) {
    const bool gzip = round % 2 == 0;
    const std::size_t partitions = 2 + random() % 255;
    batch_divider divider{partitions, true};
    std::vector<std::string> events;
    std::map<std::string, std::vector<std::string>> of_users;
    for (int n = 0, count = 1 + static_cast<int>(random() % 60); n < count; ++n) {
      const auto user = "user \\u00e9" + std::to_string(random() % 20);
      events.push_back(event_of(user, n, n % 3 == 0 ? "anonymousId" : "userId"));
      of_users["user é" + user.substr(11)].push_back("m" + std::to_string(n));
    }
    const auto whole =
        batch_with("0af-" + std::to_string(random() % 1'000) + (round % 3 == 0 ? ".1.0" : ""), events, gzip);
    std::map<std::string, std::vector<std::string>> found;
    std::set<std::string> ids;
    for (const auto& p : divider.parts_of(whole, cut_at)) {
      CHECK(ids.insert(p.content.id).second);
      CHECK(is_batch_id(p.content.id));
      CHECK(partition_of(p.content.id, partitions) == p.partition);
      CHECK((p.content.payload->compare(0, 1, "{") == 0) == !gzip);
      const auto inside = events_in(p.content);
      CHECK(inside.size() == p.content.events);
      for (const auto& e : inside) {
        const auto user = e.value("userId", e.value("anonymousId", ""));
        CHECK(partition_of_user(user, partitions) == p.partition);
        found[user].push_back(e["messageId"]);
      }
      const auto again = divider.parts_of(p.content, cut_at);
      REQUIRE(again.size() == 1);
      CHECK(again[0].content.id == p.content.id);
      CHECK(again[0].partition == p.partition);
    }
    CHECK(found == of_users);
  }
}

TEST_CASE("events of nobody are of one user, and of two ids the user's counts", "[core][partition]") {
  batch_divider divider{256, true};
  const auto b = batch_with("a-1", {R"({"messageId":"1"})", R"({"messageId":"2","userId":""})",
                                    R"({"messageId":"3","userId":"user-1","anonymousId":"user-2"})"});
  const auto parts = divider.parts_of(b, cut_at);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].partition == partition_of_user("", 256));
  CHECK(parts[0].content.events == 2);
  CHECK(parts[1].partition == partition_of_user("user-1", 256));
}

TEST_CASE("ids of parts are told apart over many changes", "[core][partition]") {
  std::vector<batch> all;
  for (const char* const id : {"af-1", "af-11", "af-1.1", "af-1.1.0", "af-111"}) {
    std::vector<std::string> events;
    for (int n = 0; n < 30; ++n)
      events.push_back(event_of(std::to_string(n), n));
    all.push_back(batch_with(id, events));
  }
  for (const std::size_t partitions : {3U, 4U, 16U, 5U}) {
    batch_divider divider{partitions, true};
    std::vector<batch> next;
    std::set<std::string> ids;
    for (const auto& b : all)
      for (auto& p : divider.parts_of(b, cut_at)) {
        CHECK(ids.insert(p.content.id).second);
        next.push_back(std::move(p.content));
      }
    all = std::move(next);
  }
}

TEST_CASE("halves stay in their order, whichever of them is divided", "[core][partition]") {
  batch_divider divider{256, true};
  const auto own = partition_of_user("user-1", 256);
  const auto whole = batch_id("af", own);
  for (const bool first : {true, false}) {
    std::vector<std::string> ids;
    for (const char* const half : {".0.1", ".1"}) {
      std::vector<std::string> events{event_of("user-1", 1)};
      if (first == (half == std::string_view{".0.1"}))
        events.push_back(event_of("user-2", 2));
      for (const auto& p : divider.parts_of(batch_with(whole + half, events), cut_at))
        if (p.partition == own)
          ids.push_back(p.content.id);
    }
    REQUIRE(ids.size() == 2);
    CHECK(ids[0] < ids[1]); // so the batches of one place are ordered
  }
}

TEST_CASE("what cannot be divided stays whole", "[core][partition]") {
  batch_divider divider{16, true};
  auto b = batch_with("a-3", {event_of("user-1", 1), event_of("user-2", 2)});
  const auto stays_whole = [&] {
    const auto parts = divider.parts_of(b, cut_at);
    return parts.size() == 1 && parts[0].partition == 3 && parts[0].content.id == "a-3" &&
           parts[0].content.payload == b.payload;
  };
  CHECK(!stays_whole());
  SECTION("a damaged one") {
    b.payload = std::make_shared<const std::string>(b.payload->substr(0, 40));
  }
  SECTION("one without a payload") {
    b.payload = nullptr;
  }
  SECTION("one with another number of events than it says") {
    b.events = 3;
  }
  SECTION("one of something else") {
    b = batch_with("a-3", {"17", "18"});
  }
  SECTION("an empty one") {
    b = batch_with("a-3", {});
  }
  CHECK(stays_whole());
}

TEST_CASE("a batch whose parts would have too long an id stays whole", "[core][partition]") {
  batch_divider divider{16, true};
  const auto id = std::string(126, 'a') + "-3";
  const auto parts = divider.parts_of(batch_with(id, {event_of("user-1", 1), event_of("user-2", 2)}), cut_at);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].content.id == id);
}
