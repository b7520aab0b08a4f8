#include "support/catch.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "core/wire/payload.hpp"
#include "support/command_queue.hpp"
#include "support/gunzip.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/redis_layout.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

options on(const redis_server& redis, const std::string& url) {
  auto o = pipeline::to(url);
  o.persistence = redis.url();
  o.redis.command = 1s;
  o.flush_interval = 20ms;
  return o;
}

// Every key with every value.
std::string dump(const redis_server& redis) {
  std::string all;
  for (const auto& key : redis.keys()) {
    all += key + '\n';
    const auto type = redis.command({"TYPE", key});
    if (type == "string")
      all += redis.command({"GET", key});
    else if (type == "hash")
      all += redis.command({"HGETALL", key});
    else
      all += redis.command({"ZRANGE", key, "0", "-1", "WITHSCORES"});
    all += '\n';
  }
  return all;
}

} // namespace

TEST_CASE("while Redis is unavailable the buffer rejects events past its bound, and nothing accepted is lost",
          "[e2e][redis][outage]") {
  const std::chrono::seconds outage{setting("SLUICE_OUTAGE_SECONDS", 2)};
  redis_server redis{{"--appendonly", "yes", "--appendfsync", "always"}};
  std::atomic<std::int64_t> last_arrival{0};
  http_server server{[&](const http_request&) {
    last_arrival = std::chrono::steady_clock::now().time_since_epoch().count();
    return http_reply{};
  }};
  auto o = on(redis, server.url());
  o.max_internal_queue_size = 1'000;
  pipeline p{o};
  std::atomic<bool> over{false};
  std::thread producer{[&] {
    while (!over)
      if (!p.client().track({.user_id = "u"}, "e", {{"n", 1}}))
        p.client().wait_for_room(5ms);
  }};
  REQUIRE(eventually([&] { return p.client().totals().delivered > 1'000; }));
  redis.stop();
  const auto rejected_before = p.client().totals().rejected;
  const auto back = std::chrono::steady_clock::now() + outage;
  REQUIRE(eventually([&] { return std::chrono::steady_clock::now() >= back; }));
  CHECK(p.client().totals().rejected > rejected_before);
  redis.start();
  const auto started = std::chrono::steady_clock::now();
  const auto since = started.time_since_epoch().count();
  REQUIRE(eventually([&] { return last_arrival > since; }));
  const auto took = std::chrono::steady_clock::now() - started;
  over = true;
  producer.join();
  const auto flushed = p.client().flush();
  REQUIRE(flushed);
  const auto t = p.client().totals();
  CHECK(t.delivered == t.accepted);
  CHECK(t.waiting == 0);
  std::printf(
      "Redis unavailable for %lld s: %llu accepted, %llu rejected, %llu lost; deliveries resumed after %lld ms\n",
      static_cast<long long>(outage.count()), static_cast<unsigned long long>(t.accepted),
      static_cast<unsigned long long>(t.rejected), static_cast<unsigned long long>(t.accepted - t.delivered),
      static_cast<long long>(std::chrono::duration_cast<milliseconds>(took).count()));
}

TEST_CASE("a second process on a queue in Redis for one is refused, and the queue is unharmed", "[e2e][redis]") {
  redis_server redis;
  http_server server;
  const command_queue q{redis.url()};
  auto first = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  first.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  const auto second = q.call({"send", "-", "--url", server.url()}, {}, good_event);
  CHECK(second.status == 3);
  CHECK(second.err.find("hightouchEventsQueue") != std::string::npos);
  CHECK(second.err.find("queue.is_multi_processor") != std::string::npos);
  CHECK(q.status()["owners"].size() == 1);
  CHECK(q.status()["stored"] == 1);
  first.say(good_event);
  first.end_input();
  CHECK(first.wait().status == 0);
  CHECK(server.requests().size() == 2);
  // It has left: nobody waits.
  CHECK(q.status()["owners"].empty());
  CHECK(q.call({"send", "-", "--url", server.url()}, {}, good_event).status == 0);
}

TEST_CASE("an owner that was stopped for too long can change nothing any more, and stops with an error",
          "[e2e][redis]") {
  redis_server redis;
  http_server server;
  const command_queue q{redis.url()};
  auto first = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  first.say(good_event);
  REQUIRE(eventually([&] { // nothing of the first is left that the second would deliver again
    return server.requests().size() == 1 && q.status()["delivered"] == 1;
  }));
  first.signal(SIGSTOP);
  // The successor waits for the owner's key to expire, and then takes over by itself.
  auto second = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  second.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 2; }));
  first.say(good_event);
  first.signal(SIGCONT);
  first.end_input();
  const auto ended = first.wait();
  CHECK(ended.status == 3);
  CHECK(ended.err.find("is processed by process") != std::string::npos);
  second.end_input();
  CHECK(second.wait().status == 0);
  const auto s = q.status();
  CHECK(s["stored"] == 2);
  CHECK(s["delivered"] == 2);
}

TEST_CASE(
    "an owner that was stopped for too long leaves what it has stored to its successor, and counts nothing as lost",
    "[e2e][redis]") {
  redis_server redis;
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 503}; }};
  const command_queue q{redis.url(), {"--json"}};
  auto first = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "10"});
  for (int i = 0; i < 100; ++i)
    first.say(good_event);
  REQUIRE(eventually([&] {
    const auto s = q.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["stored"] == 100;
  }));
  first.signal(SIGSTOP);
  well = true;
  const auto second = q.call({"run", "--until-empty", "--url", server.url()});
  INFO(second.out << second.err);
  CHECK(second.status == 0);
  CHECK(last_json(second.out)["delivered"] == 100);
  CHECK(last_json(second.out)["recovered"] == 100);
  first.signal(SIGCONT);
  first.end_input();
  const auto ended = first.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.status == 3);
  const auto l = last_json(ended.out);
  CHECK(l["accepted"] == 100);
  CHECK(l["lost"] == 0);
  CHECK(l["recovered"] == 0);
  CHECK(l["waiting"] == 100); // for its successor, as far as it knows
}

TEST_CASE("what an emptied Redis had is lost, also in a queue that one process alone shares", "[e2e][redis]") {
  redis_server redis;
  const std::string mode = GENERATE("", "--multi-processor");
  CAPTURE(mode);
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 503}; }};
  auto more = std::vector<std::string>{"--json", "--flush-at", "1", "--flush-interval", "1", "--max-in-flight", "1"};
  if (!mode.empty())
    more.push_back(mode);
  const command_queue q{redis.url(), more};
  auto sender = q.start({"send", "-", "--url", server.url()});
  const auto has_stored = [&](int events) {
    const auto s = q.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["stored"] == events;
  };
  sender.say(good_event);
  REQUIRE(eventually([&] { return has_stored(1); }));
  for (int i = 1; i < 20; ++i) // at least one more batch: the sender holds one of them, and can store that again
    sender.say(good_event);
  REQUIRE(eventually([&] { return has_stored(20); }));
  // Two more attempts: by then the sender has heard that they are stored.
  const auto attempts = server.requests().size();
  REQUIRE(eventually([&] { return server.requests().size() >= attempts + 2; }));
  redis.command({"FLUSHALL"});
  REQUIRE(eventually([&] { return redis.keys().size() > 0; })); // it has noticed
  well = true;
  sender.end_input();
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 1);
  const auto l = last_json(done.out);
  const auto n = [&](const char* what) { return l.at(what).get<std::uint64_t>(); };
  CHECK(n("accepted") == 20);
  CHECK(n("lost") > 0);
  CHECK(n("lost") + n("delivered") == 20);
  CHECK(n("elsewhere") == 0);
  CHECK(done.err.find("are lost") != std::string::npos);
}

TEST_CASE("a user of Redis that has the rights of the documentation can do everything", "[e2e][redis]") {
  const auto text = read_file(std::string{SLUICE_SOURCE_DIR} + "/docs/persistence.md");
  const auto from = text.find("`+auth"), to = text.find('`', from + 1);
  REQUIRE(to != std::string::npos);
  std::istringstream rights{text.substr(from + 1, to - from - 1) + " +info +wait"};
  redis_server redis;
  std::vector<std::string> user{"ACL",
                                "SETUSER",
                                "sluice",
                                "on",
                                ">secret",
                                "~{hightouch:hightouchEventsQueue}*",
                                "~{hightouch:hightouchEventsQueue:*"};
  for (std::string right; rights >> right;)
    user.push_back(right);
  REQUIRE(redis.command(user) == "OK");
  http_server server{[](const http_request& r) {
    return http_reply{.status = gunzip(r.body).find("bad") == std::string::npos ? 200 : 400};
  }};
  const std::string mode = GENERATE("", "--multi-processor", "--partitions=3");
  CAPTURE(mode);
  auto more = std::vector<std::string>{"--flush-at", "10"};
  if (!mode.empty())
    more.push_back(mode);
  const command_queue q{"redis://sluice:secret@127.0.0.1:" + std::to_string(redis.port()), more};
  const auto succeeds = [&](const std::vector<std::string>& words, bool buries = false) {
    const auto done = q.call(words);
    INFO(words.front() << ": " << done.out << done.err);
    CHECK((done.status != 0) == buries);
    CHECK(done.err.find("NOPERM") == std::string::npos);
  };
  const auto events = q.folder().write("events", numbered_events("good", 100) + numbered_events("bad", 3));
  succeeds({"send", events, "--url", server.url()}, true);
  succeeds({"status"});
  succeeds({"dead", "list"});
  succeeds({"dead", "replay", "--all"});
  succeeds({"pause"});
  succeeds({"resume"});
  succeeds({"run", "--until-empty", "--url", server.url()}, true);
  succeeds({"dead", "purge", "--all"});
  CHECK(q.status()["dead"] == 0);
  CHECK(redis.command({"ACL", "LOG"}) == "");
}

TEST_CASE("two processes share a queue, and both deliver, at the same time, no batch twice", "[e2e][redis]") {
  redis_server redis;
  std::mutex mutex;
  std::set<std::size_t> connections;                           // with one delivery at a time each process has one
  std::map<std::string, std::set<std::size_t>> connections_of; // of a batch id
  http_server server{[&](const http_request& r) {
    std::lock_guard guard{mutex};
    connections.insert(r.connection);
    connections_of[r.headers.at("idempotency-key")].insert(r.connection);
    http_reply reply;
    reply.when = [&] {
      std::lock_guard asking{mutex};
      return connections.size() == 2;
    };
    return reply;
  }};
  const command_queue q{redis.url(), {"--multi-processor", "--flush-at", "10", "--max-in-flight", "1", "--json"}};
  const auto start = [&](const std::string& who) {
    return q.start({"send", q.folder().write(who, numbered_events(who, 10'000)), "--url", server.url()});
  };
  auto first = start("a"), second = start("b");
  std::uint64_t delivered = 0;
  for (auto* each : {&first, &second}) {
    const auto done = each->wait();
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    const auto l = last_json(done.out);
    const auto n = [&](const char* what) { return l.at(what).get<std::uint64_t>(); };
    CHECK(n("accepted") == 10'000);
    CHECK(n("delivered") > 0);
    CHECK(n("retries") == 0); // neither waited in vain for the other
    CHECK(n("accepted") + n("recovered") == n("delivered") + n("elsewhere"));
    delivered += n("delivered");
  }
  CHECK(delivered == 20'000);
  CHECK(q.status()["delivered"] == 20'000);
  std::lock_guard guard{mutex};
  CHECK(connections.size() == 2);
  for (const auto& [id, its] : connections_of)
    CHECK(its.size() == 1);
}

TEST_CASE("a full Redis pushes back, and the backlog drains", "[e2e][redis]") {
  redis_server redis{{"--maxmemory", "6mb", "--maxmemory-policy", "noeviction"}};
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 500}; }};
  auto o = on(redis, server.url());
  o.gzip = false;
  o.retry.base = 10ms;
  o.retry.cap = 50ms;
  o.retry.max_attempts = 1'000;
  o.max_internal_queue_size = 2'000;
  pipeline p{o};
  const std::string much(1'000, 'x');
  REQUIRE(eventually([&] { // until Redis and then the buffer are full
    while (p.client().track({.user_id = "u"}, "e", {{"much", much}}))
      ;
    return redis.command({"INFO", "errorstats"}).find("errorstat_OOM") != std::string::npos &&
           p.client().totals().rejected > 100;
  }));
  const auto failed = p.client().totals().failed_attempts;
  REQUIRE(eventually([&] { return p.client().totals().failed_attempts > failed + 10; })); // retries go on
  check_layout(redis);
  well = true;
  const auto flushed = p.client().flush(120s);
  REQUIRE(flushed);
  CHECK(flushed->delivered == p.client().totals().accepted);
  CHECK(p.client().totals().waiting == 0);
  check_layout(redis);
  CHECK(redis.command({"HLEN", queue_name + ":m"}) == "0");
}

TEST_CASE("what the endpoint always refuses is dead after exactly max_attempts, and replayed when it is well",
          "[e2e][redis]") {
  redis_server redis;
  const bool in_redis = GENERATE(true, false);
  CAPTURE(in_redis);
  std::atomic<bool> well{false};
  std::mutex mutex;
  std::map<std::string, int> attempts;
  http_server server{[&](const http_request& r) {
    std::lock_guard guard{mutex};
    ++attempts[r.headers.at("idempotency-key")];
    return http_reply{.status = well ? 200 : 500, .body = "ill"};
  }};
  const command_queue q{in_redis ? redis.url() : ""};
  std::string events;
  for (int i = 0; i < 100; ++i)
    events += good_event + "\n";
  const auto sent =
      q.call({"send", "-", "--url", server.url()}, {"--max-attempts", "3", "--flush-at", "10", "--json"}, events);
  CHECK(sent.status == 5);
  CHECK(last_json(sent.out)["dead"] == 100);
  const auto list = lines_of(q.call({"dead", "list", "--json"}).out);
  {
    std::lock_guard guard{mutex};
    for (const auto& [id, n] : attempts)
      CHECK(n == 3);
    CHECK(list.size() == attempts.size());
  }
  for (const auto& line : list) {
    const auto d = json::parse(line);
    CHECK(d["attempts"] == 3);
    CHECK(d["status"] == 500);
    CHECK(d["reason"].get<std::string>().find("ill") != std::string::npos);
  }
  CHECK(q.call({"dead", "replay", "--all"}).status == 0);
  CHECK(q.status()["ready"] == 100);
  well = true;
  CHECK(q.call({"run", "--until-empty", "--url", server.url()}).status == 0);
  CHECK(q.status()["delivered"] == 100);
  CHECK(q.status()["dead"] == 0);
}

TEST_CASE("a Redis that hangs does not hold up a shutdown, whatever its own deadlines are", "[e2e][redis]") {
  redis_server redis;
  auto o = on(redis, "http://127.0.0.1:1");
  o.redis.connect = o.redis.command = 10min;
  pipeline p{o};
  REQUIRE(p.client().track({.user_id = "u"}, "Test"));
  REQUIRE(eventually([&] { return p.client().totals().stored == 1; }));
  redis.pause();
  REQUIRE(p.client().track({.user_id = "u"}, "Test"));
  auto ending = std::async(std::launch::async, [&] { return p.running().shutdown(100ms); });
  const bool ended = ending.wait_for(30s) == std::future_status::ready;
  redis.resume();
  REQUIRE(ended);
  const auto report = ending.get();
  REQUIRE(report);
  CHECK(report->stored == 1);
  CHECK(report->lost == 1);
}

TEST_CASE("Redis holds no secret, and takes less than a fifth of an event's size for it", "[e2e][redis]") {
  redis_server redis{{"--requirepass", "s3cret-of-redis"}};
  http_server server{[](const http_request&) { return http_reply{.status = 500, .body = "key s3cret-of-source"}; }};
  auto o = on(redis, server.url());
  o.write_key = "s3cret-of-source";
  o.redis.password = "s3cret-of-redis";
  o.flush_at = o.max_batch_events = 100;
  o.flush_interval = 1min; // full batches only
  std::mutex mutex;
  std::string said;
  o.log = [&](log_level, std::string_view line) {
    std::lock_guard guard{mutex};
    said += line;
  };
  {
    pipeline p{o};
    for (int i = 0; i < 2'000; ++i)
      REQUIRE(
          p.client().track({.user_id = "user-" + std::to_string(i * 7'919 % 1'000)}, "Order Completed",
                           {{"order", "o-" + std::to_string(i * 104'729)}, {"total", i * 1.5}, {"currency", "EUR"}}));
    REQUIRE(
        eventually([&] { return p.client().totals().stored == 2'000 && p.client().totals().failed_attempts > 10; }));
    p.running().shutdown(10ms);
  }
  std::size_t memory = 0, batches = 0;
  std::string bodies;
  for (const auto& key : redis.keys()) {
    memory += std::stoul(redis.command({"MEMORY", "USAGE", key, "SAMPLES", "0"}));
    if (key.find(":b:") == std::string::npos)
      continue;
    ++batches;
    const auto body = open_payload(redis.command({"GET", key}));
    REQUIRE(body);
    bodies += *body;
  }
  CHECK(batches == 20);
  for (const auto& text : {dump(redis), bodies, said}) {
    CHECK(text.find("s3cret") == std::string::npos);
    CHECK(text.find("czNjcmV0") == std::string::npos); // as Base64
  }
  std::printf("Redis: %zu bytes for %zu bytes of JSON in %zu batches\n", memory, bodies.size(), batches);
  CHECK(memory * 5 < bodies.size());
}
