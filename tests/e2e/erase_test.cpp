#include "support/catch.hpp"

#include <atomic>
#include <fstream>
#include <future>
#include <sstream>

#include "support/command_queue.hpp"
#include "support/gunzip.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// So that it stands in no other text.
const std::string erased_id = "ErasedUserOfThisTest";

std::string events_of_two(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += R"({"type":"track","event":"e","userId":")" + (i % 5 == 0 ? erased_id : "other-" + std::to_string(i)) +
             R"(","properties":{"text":")" + std::string(static_cast<std::size_t>(i % 300), 'x') + "\"}}\n";
  return lines;
}

std::string content_of(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream{path, std::ios::binary}.rdbuf();
  return all.str();
}

// An endpoint that is away until a test says otherwise.
struct endpoint {
  std::atomic<int> status{503};
  std::atomic<std::size_t> of_user{0};
  http_server server{[this](const http_request& r) {
    const auto body = r.headers.contains("content-encoding") ? gunzip(r.body) : r.body;
    if (status == 200 && body.find(erased_id) != std::string::npos)
      ++of_user;
    return http_reply{.status = status};
  }};
};

} // namespace

TEST_CASE("a user is erased from a queue in a file: not a byte is left in it or in its log", "[e2e][erase]") {
  const temporary_folder folder;
  const auto file = folder.path() + "/queue.db";
  const command_queue q{"sqlite:" + file, {"--no-gzip"}};
  const auto is_in_files = [&] {
    return (content_of(file) + content_of(file + "-wal")).find(erased_id) != std::string::npos;
  };
  endpoint to;
  REQUIRE(q.call({"send", "-", "--url", to.server.url(), "--enqueue"}, {}, events_of_two(2'000)).status == 0);
  REQUIRE(is_in_files());
  const auto erased = q.call({"erase", "--user", erased_id});
  CHECK(erased.err == "");
  CHECK(erased.status == 0);
  CHECK(erased.out.starts_with("erased 400 events of "));
  CHECK(q.status()["erased"] == 400);
  CHECK(q.status()["ready"] == 1'600);
  CHECK_FALSE(is_in_files());
  CHECK(content_of(file).find("other-1") != std::string::npos);
  to.status = 200;
  CHECK(q.call({"run", "--url", to.server.url(), "--until-empty"}).status == 0);
  CHECK(q.status()["delivered"] == 1'600);
  CHECK(to.of_user == 0);
}

TEST_CASE("a user is erased from a queue in Redis", "[e2e][erase][redis]") {
  const redis_server redis;
  const command_queue q{redis.url()};
  endpoint to;
  REQUIRE(q.call({"send", "-", "--url", to.server.url(), "--enqueue"}, {}, events_of_two(2'000)).status == 0);
  const auto erased = q.call({"erase", "--user", erased_id, "--anonymous", "nobody"});
  CHECK(erased.err == "");
  CHECK(erased.status == 0);
  CHECK(erased.out.starts_with("erased 400 events of "));
  CHECK(q.status()["erased"] == 400);
  CHECK(q.status()["ready"] == 1'600);
  std::size_t payloads = 0;
  for (const auto& key : redis.keys())
    if (key.find(":b:") != std::string::npos) {
      CHECK(gunzip(redis.command({"GET", key})).find(erased_id) == std::string::npos);
      ++payloads;
    }
  CHECK(payloads > 0);
  to.status = 200;
  CHECK(q.call({"run", "--url", to.server.url(), "--until-empty"}).status == 0);
  CHECK(q.status()["delivered"] == 1'600);
}

TEST_CASE("a process hears that events of its batches were erased, and its own counts add up", "[e2e][erase]") {
  const temporary_folder folder;
  const redis_server redis;
  for (const auto& store : {"sqlite:" + folder.path() + "/queue.db", redis.url()}) {
    INFO(store);
    endpoint to;
    auto o = pipeline::to(to.server.url());
    o.persistence = store;
    o.flush_interval = 20ms;
    o.retry.base = 200ms;
    o.retry.cap = 200ms;
    pipeline p{o};
    for (int i = 0; i < 100; ++i)
      REQUIRE(p.client().track({.user_id = i % 5 == 0 ? erased_id : "other"}, "e"));
    REQUIRE(eventually([&] { return p.client().totals().in_store == 100; }));
    const command_queue q{store};
    const auto erased = q.call({"erase", "--user", erased_id});
    INFO(erased.out + erased.err);
    CHECK(erased.status == 0);
    CHECK(eventually([&] { return p.client().totals().waiting == 80; }));
    CHECK(p.client().totals().ended_elsewhere == 20);
    CHECK(p.client().totals().lost == 0);
    to.status = 200;
    const auto report = p.running().shutdown();
    REQUIRE(report);
    CHECK(q.status()["erased"] == 20);
    CHECK(q.status()["delivered"].get<int>() + q.status()["ready"].get<int>() + q.status()["retry"].get<int>() == 80);
    CHECK(to.of_user == 0);
  }
}

TEST_CASE("later events of a user who was erased are kept out, if that is asked for", "[e2e][erase][block]") {
  const temporary_folder folder;
  const redis_server redis;
  for (const auto& store : {"sqlite:" + folder.path() + "/queue.db", redis.url()}) {
    INFO(store);
    endpoint to;
    auto o = pipeline::to(to.server.url());
    o.persistence = store;
    o.flush_interval = 20ms;
    o.retry.base = 200ms;
    o.retry.cap = 200ms;
    pipeline p{o};
    REQUIRE(p.client().track({.user_id = erased_id}, "e"));
    REQUIRE(eventually([&] { return p.client().totals().in_store == 1; }));
    const command_queue q{store};
    // The command waits until every process knows, which is seen here before.
    std::future<process_result> erased = std::async(std::launch::async, [&] {
      return q.call({"erase", "--user", erased_id, "--block-for", "1h"});
    });
    CHECK(eventually([&] {
      const auto taken = p.client().track({.user_id = erased_id}, "late");
      return !taken && taken.error().code == errc::user_blocked;
    }));
    CHECK(p.client().track({.user_id = "other"}, "e"));
    const auto said = erased.get();
    INFO(said.out + said.err);
    CHECK(said.status == 0);
    to.status = 200;
    CHECK(eventually([&] { return p.client().totals().delivered == 1; }));
    CHECK(to.of_user == 0);
    REQUIRE(p.running().shutdown());
    for (const auto& key : redis.keys())
      CHECK(key.find(erased_id) == std::string::npos);
    CHECK((content_of(folder.path() + "/queue.db") + content_of(folder.path() + "/queue.db-wal")).find(erased_id) ==
          std::string::npos);
    // Who was blocked can be taken again.
    const auto events = events_of_two(1);
    const auto enqueue = [&] { return q.call({"send", "-", "--url", to.server.url(), "--enqueue"}, {}, events); };
    CHECK(enqueue().err.find("the user was erased") != std::string::npos);
    CHECK(q.call({"unblock", "--user", erased_id, "--anonymous", "nobody"}).out == "unblocked 1 id\n");
    CHECK(enqueue().status == 0);
    CHECK(q.call({"run", "--url", to.server.url(), "--until-empty"}).status == 0);
    CHECK(to.of_user == 1);
  }
}

TEST_CASE("an erasure without a user is a wrong option", "[e2e][erase][bad input]") {
  const command_queue q;
  for (const std::string command : {"erase", "unblock"}) {
    const auto nobody = q.call({command});
    CHECK(nobody.status == 2);
    CHECK(nobody.err.find(command + ": --user or --anonymous is required") != std::string::npos);
  }
}
