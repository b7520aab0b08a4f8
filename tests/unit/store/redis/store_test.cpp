#include "unit/store/redis/queue_under_test.hpp"

#include <sstream>

#include "store/make_store.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("a batch that is leased as it is stored is never read back", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  const auto content = make("x");
  const auto done = put(*a, {content}, 1);
  REQUIRE(done);
  REQUIRE(done->granted.size() == 1);
  CHECK(done->granted[0].content == content);
  CHECK(q.server.command({"INFO", "commandstats"}).find("cmdstat_get:calls=0") == std::string::npos);
  REQUIRE(settle_one(*a, release{lease_of(done->granted[0])}));
  CHECK(*claim(*a, 1)[0].content->payload == *content->payload);
  check_layout(q.server);
}

TEST_CASE("a batch whose body is missing is dead, and the others go on", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y")}));
  q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:b:x"});
  auto given = claim(*a, 2);
  REQUIRE(given.size() == 1);
  CHECK(given[0].content->id == "y");
  CHECK(a->list_dead("", 1)->at(0).why.reason == "body_missing");
}

TEST_CASE("what stands in Redis and is no batch is neither evaluated nor delivered", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  q.server.command({"ZADD", queue_name + ":ready", "0", "evil\r\nid"});
  q.server.command({"HSET", queue_name + ":m", "evil\r\nid", "ready 0 0 0 0 1 1 1 - 0 "});
  q.server.command({"SET", queue_name + ":b:evil\r\nid", "body"});
  q.server.command({"ZADD", queue_name + ":ready", "0", "nonsense"});
  q.server.command({"HSET", queue_name + ":m", "nonsense", "os.execute('true')"});
  REQUIRE(eventually([&] {
    const auto given = claim(*a, 5);
    return given.size() == 1 && given[0].content->id == "x";
  }));
}

TEST_CASE("refusing a backlog leaves no body behind", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.max_backlog_events = 10;
  auto a = q.process();
  const auto done = put(*a, {make("x"), make("y")});
  REQUIRE(done);
  CHECK(done->enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::backlog_full});
  check_layout(q.server);
}

TEST_CASE("a policy that evicts is warned of", "[store][redis]") {
  redis_queue_under_test q{{"--maxmemory-policy", "allkeys-lru"}};
  std::vector<std::string> said;
  q.o.log = [&](log_level, std::string_view line) { said.emplace_back(line); };
  auto a = q.process();
  REQUIRE(apply(*a));
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("noeviction") != std::string::npos);
}

TEST_CASE("the permissions that the documentation names are enough", "[store][redis]") {
  redis_queue_under_test q;
  const auto text = read_file(SLUICE_SOURCE_DIR "/docs/persistence.md");
  const auto begin = text.find("`+auth") + 1, end = text.find('`', begin);
  REQUIRE(begin != std::string::npos + 1);
  std::vector<std::string> user{"ACL", "SETUSER", "someone", "on", ">word", "~" + queue_name + "*"};
  std::istringstream words{text.substr(begin, end - begin)};
  for (std::string word; words >> word;)
    user.push_back(word);
  REQUIRE(q.server.command(user) == "OK");
  for (const bool shared : {true, false}) {
    q.o.queue.is_multi_processor = shared;
    redis_options where;
    where.unix_socket = q.server.socket();
    where.username = "someone";
    where.password = "word";
    redis_store a{where, q.o, "test"};
    REQUIRE(put(a, {make("x"), make("y"), make("z")}));
    const auto leased = claim(a, 3);
    REQUIRE(leased.size() == 3);
    REQUIRE(settle_one(a, extend{{lease_of(leased[0])}}));
    REQUIRE(settle_one(a, nack{lease_of(leased[0]), 0ms, {}}));
    REQUIRE(settle_one(a, bury{lease_of(leased[1]), {}}));
    const auto half = [](const char* id) {
      return std::make_shared<const batch>(
          batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>("p")});
    };
    REQUIRE(settle_one(a, split{lease_of(leased[2]), half("z.0"), half("z.1")}));
    REQUIRE(settle_one(a, retain{}));
    CHECK(a.show_dead("y"));
    CHECK(a.list_dead("", 10)->size() == 1);
    CHECK(*a.replay_dead({"y"}) == 10);
    CHECK(a.set_paused(true));
    CHECK(a.set_paused(false));
    for (const auto& b : claim(a, 4))
      CHECK(settle_one(a, ack{lease_of(b)})->settled[0] == settle_outcome::applied);
    CHECK(*a.purge_dead({}) == 0);
    CHECK(a.stats()->delivered == (shared ? 30 : 60));
    a.leave();
  }
}

TEST_CASE("a queue that is not in Redis cannot be looked into", "[store][redis]") {
  redis_server server;
  options o;
  o.persistence = server.url();
  const auto admin = make_queue_admin(o);
  REQUIRE(admin);
  CHECK((*admin)->stats().error().code == errc::not_a_queue);
  CHECK((*admin)->set_paused(true).error().code == errc::not_a_queue);
  CHECK(server.keys().empty());
}
