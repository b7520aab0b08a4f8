#include "support/catch.hpp"

#include <atomic>
#include <set>

#include "store/make_store.hpp"
#include "support/gunzip.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// The events that a server took, by message id.
std::multiset<std::string> ids_in(const std::vector<http_request>& requests) {
  std::multiset<std::string> ids;
  for (const auto& r : requests) {
    const auto body = json::parse(gunzip(r.body));
    for (const auto& e : body.at("batch"))
      ids.insert(e.at("messageId").get<std::string>());
  }
  return ids;
}

} // namespace

TEST_CASE("200 events and a flush that says 200, before anything was flushed by time", "[e2e]") {
  http_server server;
  auto o = pipeline::to(server.url());
  o.flush_interval = 600s;
  o.flush_at = 1'000;
  o.max_batch_events = 1'000;
  pipeline p{o};
  caf::scoped_actor self{p.system()};
  for (int i = 0; i < 200; ++i)
    send(self, p.running().buffer, track{.user_id = "u", .event = "e", .message_id = "m" + std::to_string(i)});
  std::uint64_t delivered = 0;
  request(self, p.running().buffer, 30s, flush{})
      .receive([&](const flush_report& r) { delivered = r.delivered; }, [](const caf::error&) {});
  CHECK(delivered == 200);
  CHECK(ids_in(server.requests()).size() == 200);
}

TEST_CASE("events that are JSON text arrive, however they are written, and others are rejected and counted", "[e2e]") {
  http_server server;
  auto o = pipeline::to(server.url());
  o.gzip = false;
  pipeline p{o};
  const auto pretty =
      json{{"type", "track"}, {"userId", "u"}, {"event", "e"}, {"messageId", "m"}, {"properties", {{"a", {1, 2}}}}}
          .dump(2);
  for (int i = 0; i < 3; ++i)
    CHECK(p.client().send_json(pretty) == result<std::string>{"m"});
  CHECK(p.client().send_json("{\"type\":tru}").error().message == "invalid JSON at byte 12");
  CHECK(p.client().send_json(R"({"type":"track","userId":"u"})").error().field == "event");
  CHECK(p.client().send_json(pretty, pretty.size() - 1).error().code == errc::too_large);
  CHECK(p.client().totals().rejected == 3);
  CHECK(p.client().flush()->delivered == 3);
  std::size_t events = 0;
  for (const auto& r : server.requests()) {
    const auto body = json::parse(r.body);
    for (const auto& e : body.at("batch")) {
      CHECK(e.at("properties") == json{{"a", {1, 2}}});
      ++events;
    }
  }
  CHECK(events == 3);
}

TEST_CASE("after a 401, a resume by the command makes deliveries go on at once", "[e2e]") {
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 401}; }};
  const temporary_folder folder;
  auto o = pipeline::to(server.url());
  o.persistence = "sqlite:" + folder.path() + "/queue.db";
  o.breaker.misconfigured_probe = 1h;
  pipeline p{o};
  REQUIRE(p.client().track({.user_id = "u"}, "e"));
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  well = true;
  // Again and again, because the answer of the server may still be on its way.
  CHECK(eventually([&] {
    CHECK((*make_queue_admin(o))->set_paused(false));
    return p.client().totals().delivered == 1;
  }));
}

TEST_CASE("an attempt that fails is made again, the same but for sentAt and the number of failed attempts", "[e2e]") {
  std::atomic<int> attempts{0};
  http_server server{[&](const http_request&) { return http_reply{.status = ++attempts < 3 ? 503 : 200}; }};
  auto o = pipeline::to(server.url());
  o.retry.base = 20ms;
  pipeline p{o};
  REQUIRE(p.client().track({.user_id = "u"}, "e"));
  const auto report = p.client().flush();
  REQUIRE(report);
  CHECK(report->delivered == 1);
  const auto seen = server.requests();
  REQUIRE(seen.size() == 3);
  const auto first = json::parse(gunzip(seen[0].body)), last = json::parse(gunzip(seen[2].body));
  CHECK(first.at("batch") == last.at("batch"));
  CHECK(first.at("sentAt").get<std::string>() < last.at("sentAt").get<std::string>());
  CHECK(seen[0].headers.at("idempotency-key") == seen[2].headers.at("idempotency-key"));
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(seen[i].headers.at("x-retry-count") == std::to_string(i));
  CHECK(p.client().totals().failed_attempts == 2);
}

TEST_CASE("kills of the actors in the middle of 10 000 events lose none of them", "[e2e]") {
  std::atomic<unsigned> n{0};
  http_server server{[&](const http_request&) { return http_reply{.status = ++n % 9 == 0 ? 503 : 200}; }};
  auto o = pipeline::to(server.url());
  o.max_internal_queue_size = 20'000;
  o.retry.base = 10ms;
  o.restarts.max = 100;
  pipeline p{o};
  const auto kill = [&](const auto& which) { caf::anon_send_exit(which, caf::exit_reason::kill); };
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(p.client().send(track{.user_id = "u", .event = "e", .message_id = "m" + std::to_string(i)}));
    if (i % 1'250 != 1'000)
      continue;
    const auto peers = p.peers();
    REQUIRE(peers);
    switch (i / 1'250 % 4) {
    case 0:
      kill(peers->persister);
      break;
    case 1:
      kill(peers->dispatcher);
      break;
    case 2:
      kill(peers->retry);
      break;
    default:
      kill(peers->dead_letters);
    }
  }
  const auto report = p.client().flush(60s);
  REQUIRE(report);
  CHECK(report->delivered == 10'000);
  const auto all = ids_in(server.requests());
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 10'000);
  const auto last = p.running().shutdown();
  REQUIRE(last);
  CHECK(last->lost == 0);
}

TEST_CASE("nothing comes back from an endpoint that never answers: shutdown says what is lost", "[e2e]") {
  http_server server{[](const http_request&) { return http_reply{.hang = true}; }};
  auto o = pipeline::to(server.url());
  pipeline p{o};
  for (int i = 0; i < 50; ++i)
    REQUIRE(p.client().track({.user_id = "u"}, "e"));
  const auto report = p.running().shutdown(100ms);
  REQUIRE(report);
  CHECK(report->accepted == 50);
  CHECK(report->delivered == 0);
  CHECK(report->lost == 50);
  CHECK(p.client().track({.user_id = "u"}, "e").error().code == errc::closed);
}

TEST_CASE("a wrong write key holds deliveries until it is right, and buries nothing", "[e2e]") {
  std::atomic<bool> right{false};
  http_server server{[&](const http_request&) { return http_reply{.status = right ? 200 : 401}; }};
  auto o = pipeline::to(server.url());
  o.flush_at = 1;
  o.breaker.misconfigured_probe = 50ms;
  pipeline p{o};
  REQUIRE(p.client().track({.user_id = "u"}, "e"));
  REQUIRE(eventually([&] {
    caf::scoped_actor self{p.system()};
    std::string suspended;
    request(self, p.running().supervisor, 20s, get_stats{})
        .receive([&](const system_stats& s) { suspended = s.suspended; }, [](const caf::error&) {});
    return suspended.find("401") != std::string::npos;
  }));
  right = true;
  CHECK(p.client().flush(90s)->delivered == 1);
}

TEST_CASE("a new key from the client ends a suspension, and an invalid one is refused", "[e2e]") {
  http_server server{[](const http_request& r) {
    return http_reply{.status = r.headers.at("authorization") == "Basic cmlnaHQ6" ? 200 : 401}; // right:
  }};
  auto o = pipeline::to(server.url());
  o.write_key = "wrong";
  pipeline p{o};
  for (int i = 0; i < 100; ++i)
    REQUIRE(p.client().track({.user_id = "u"}, "e"));
  REQUIRE(eventually([&] { return !server.requests().empty(); }));
  const auto refused = p.client().set_destination("no url", "two words");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_option);
  CHECK(refused.error().message.find("data_plane_url") != std::string::npos);
  CHECK(refused.error().message.find("two words") == std::string::npos);
  CHECK(p.client().set_destination("", "right"));
  const auto flushed = p.client().flush();
  REQUIRE(flushed);
  CHECK(flushed->delivered == 100);
  CHECK(p.client().totals().dead == 0);
}
