#include "unit/store/redis/queue_under_test.hpp"

#include <map>
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

TEST_CASE("a batch whose body is missing is dead and reported, and the next oldest takes its slot", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("v"), make("w"), make("x"), make("y"), make("z")}));
  for (const char* id : {"v", "x"})
    REQUIRE(q.server.command({"DEL", queue_name + ":b:" + id}) == "1");
  const auto done = put(*a, {make("new")}, 2);
  REQUIRE(done);
  REQUIRE(done->granted.size() == 2);
  CHECK(done->granted[0].content->id == "w");
  CHECK(done->granted[1].content->id == "y");
  REQUIRE(done->buried.size() == 2);
  CHECK(done->buried[0].id == "v");
  CHECK(done->buried[1].id == "x");
  CHECK(done->buried[0].events == 10);
  CHECK(done->buried[0].why.reason == "body_missing");
  CHECK(a->list_dead("", 1)->at(0).why.reason == "body_missing");
  CHECK(apply(*a)->buried.empty()); // said once
}

TEST_CASE("however many bodies are missing, no new batch overtakes what is left", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  std::vector<batch_ptr> many;
  for (int i = 0; i < 2'100; ++i)
    many.push_back(make("b" + std::to_string(i), 1));
  for (std::size_t i = 0; i < many.size(); i += 100)
    REQUIRE(
        put(*a, {many.begin() + static_cast<std::ptrdiff_t>(i), many.begin() + static_cast<std::ptrdiff_t>(i) + 100}));
  for (std::size_t i = 0; i + 1 < many.size(); ++i)
    REQUIRE(q.server.command({"DEL", queue_name + ":b:" + many[i]->id}) == "1");
  std::size_t buried = 0;
  for (const std::size_t expected : {1'506U, 593U}) { // a few at a time
    const auto done = put(*a, {make("new")}, 2);
    REQUIRE(done);
    CHECK(done->buried.size() == expected);
    CHECK(done->granted.size() == (expected == 593 ? 2 : 0));
    buried += done->buried.size();
  }
  CHECK(buried == 2'099);
}

TEST_CASE("a burial is reported by the next unit that is answered", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y")}));
  for (const char* id : {"x", "y"})
    REQUIRE(q.server.command({"DEL", queue_name + ":b:" + id}) == "1");
  REQUIRE(q.server.command({"LPUSH", queue_name + ":b:y", "no payload"}) == "1");
  unit_of_work w;
  w.slots = 1;
  CHECK(!apply(*a, w)); // the payload of y, which takes the slot of x, cannot be read
  const auto done = apply(*a);
  REQUIRE(done);
  REQUIRE(done->buried.size() == 1);
  CHECK(done->buried[0].id == "x");
}

TEST_CASE("what other processes have ended is known to the process whose batches they are", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process(), b = q.process();
  const auto own = [&](int i) { return incarnation_of(*a) + "-" + std::to_string(i); };
  REQUIRE(put(*a, {make(own(1)), make(own(2)), make(own(3)), make(incarnation_of(*b) + "-1")}));
  const auto leased = claim(*b, 4);
  REQUIRE(leased.size() == 4);
  REQUIRE(settle_one(*b, ack{lease_of(leased[0])}));
  REQUIRE(settle_one(*b, bury{lease_of(leased[1]), {}}));
  REQUIRE(settle_one(*b, ack{lease_of(leased[3])}));
  unit_of_work w;
  w.look_for = {own(1), own(2), own(3)};
  const auto done = apply(*a, w);
  REQUIRE(done);
  CHECK(done->found == std::vector<presence>{{0, 0, 10}, {0, 10, 10}, {10, 0, 0}});
  CHECK(done->ended == ended_events{0, 0});
  CHECK(apply(*b, w)->ended == ended_events{10, 0});
}

TEST_CASE("what others have ended of a batch includes its parts, and is kept until the batch is not open any more",
          "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process(), b = q.process();
  const auto own = [&](int i) { return incarnation_of(*a) + "-" + std::to_string(i); };
  REQUIRE(put(*a, {make(own(1)), make(own(2)), make(own(12))})); // 12 begins like 1, and comes after 2
  const auto leased = claim(*b, 3);
  REQUIRE(leased.size() == 3);
  const auto part = [&](const char* which, std::uint32_t events) {
    return std::make_shared<const batch>(
        batch{.id = own(1) + which, .events = events, .payload = leased[0].content->payload});
  };
  REQUIRE(settle_one(*b, split{lease_of(leased[0]), part(".0", 4), part(".1", 6)}));
  REQUIRE(settle_one(*b, ack{lease_of(leased[2])}));
  const auto halves = claim(*b, 2);
  REQUIRE(halves.size() == 2);
  REQUIRE(settle_one(*b, ack{lease_of(halves[0])}));
  const auto looks_for = [&](std::uint64_t first_open) {
    unit_of_work w;
    w.look_for = {own(1), own(2), own(12)};
    w.first_open = first_open;
    return apply(*a, w)->found;
  };
  CHECK(looks_for(1) == std::vector<presence>{{6, 0, 4}, {10, 0, 0}, {0, 0, 10}});
  REQUIRE(settle_one(*b, bury{lease_of(halves[1]), {}}));
  CHECK(looks_for(1) == std::vector<presence>{{0, 6, 10}, {10, 0, 0}, {0, 0, 10}});
  CHECK(looks_for(2) == std::vector<presence>{{0, 6, 0}, {10, 0, 0}, {0, 0, 10}});
  CHECK(q.server.command({"ZCARD", queue_name + ":elsewhere"}) == "1");
  b->leave();
  CHECK(looks_for(2)[2] == presence{0, 0, 10});
  a->leave();
  CHECK(q.server.command({"EXISTS", queue_name + ":elsewhere"}) == "0");
}

TEST_CASE("what is looked for is found although enqueues find no memory", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}) == "OK");
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  unit_of_work w;
  w.enqueues = {make("y")};
  w.look_for = {"x", "y"};
  const auto done = apply(*a, w);
  REQUIRE(done);
  CHECK(done->enqueued == std::vector{enqueue_outcome::backlog_full});
  CHECK(done->found == std::vector<presence>{{10, 0}, {0, 0}});
}

TEST_CASE("nothing is kept of processes that have ended, or been silent for a week", "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = shared;
    auto a = q.process();
    REQUIRE(apply(*a));
    const auto fields = [&] { return q.server.command({"HLEN", queue_name + ":incarnations"}); };
    CHECK(fields() == "2"); // the number of its unit, and its token
    a->leave();
    CHECK(fields() == "0");
    CHECK(q.server.command({"ZCARD", queue_name + ":seen"}) == "0");
    for (int i = 0; i < 150; ++i) {
      q.server.command({"ZADD", queue_name + ":seen", std::to_string(i), "old" + std::to_string(i)});
      q.server.command({"HSET", queue_name + ":incarnations", "old" + std::to_string(i) + ":units", "1"});
    }
    auto b = q.process();
    REQUIRE(put(*b, {make("old3-1"), make("old149-1")}));
    for (const auto& x : claim(*b, 2))
      REQUIRE(settle_one(*b, ack{lease_of(x)}));
    q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
    REQUIRE(eventually([&] { return apply(*b).has_value(); }));
    CHECK(fields() == "2"); // the number of its unit, and its token
    CHECK(q.server.command({"ZCARD", queue_name + ":seen"}) == "1");
    check_layout(q.server);
  }
}

TEST_CASE("what stands in Redis and is no batch is neither evaluated nor delivered", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  q.server.command({"ZADD", queue_name + ":ready", "0", "evil\r\nid"});
  q.server.command(
      {"EVAL",
       "return redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack('ready', 0, 0, 0, 0, 1, 1, 1, 0, '-', 0, ''))", "1",
       queue_name + ":m", "evil\r\nid"});
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
  REQUIRE(q.server.command(documented_user()) == "OK");
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
    REQUIRE(settle_one(a, split{lease_of(leased[2]), half("z.0"), half("z.1")}));
    REQUIRE(settle_one(a, retain{}));
    CHECK(a.show_dead("y"));
    CHECK(a.list_dead("", 10)->size() == 1);
    CHECK(*a.replay_dead({"y"}) == 10);
    CHECK(a.set_paused(true));
    CHECK(a.set_paused(false));
    for (const auto& b : claim(a, 3))
      CHECK(settle_one(a, ack{lease_of(b)})->settled[0] == settle_outcome::applied);
    unit_of_work in_line;
    in_line.slots = 1;
    in_line.in_order = true;
    const auto last = apply(a, in_line);
    REQUIRE(last);
    REQUIRE(last->granted.size() == 1);
    CHECK(settle_one(a, ack{lease_of(last->granted[0])})->settled[0] == settle_outcome::applied);
    CHECK(*a.purge_dead({}) == 0);
    CHECK(a.stats()->delivered == (shared ? 30 : 60));
    a.leave();
  }
}

TEST_CASE("no operation costs more because other processes share the queue", "[store][redis]") {
  const auto costs_beside = [](int others) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = true;
    q.o.queue.owner_ttl = 1h;
    auto a = q.process();
    REQUIRE(put(*a, {make("x"), make("y"), make("z")}, 3));
    const auto token = q.server.command({"HKEYS", queue_name + ":sessions"}), session = std::string{"1"};
    std::vector<std::unique_ptr<redis_store>> busy;
    for (int i = 0; i < others; ++i) {
      busy.push_back(q.process());
      const auto name = std::to_string(i);
      REQUIRE(put(*busy.back(), {make("a" + name), make("b" + name)}, 2)->granted.size() == 2);
    }
    // How many commands Redis has run, those in scripts too.
    const auto commands = [&] {
      std::istringstream stats{q.server.command({"INFO", "commandstats"})};
      std::size_t sum = 0;
      for (std::string line; std::getline(stats, line);)
        if (const auto at = line.find("calls="); at != std::string::npos)
          sum += std::stoul(line.substr(at + 6));
      return sum;
    };
    redis_connection direct{redis_options{.unix_socket = q.server.socket()}};
    REQUIRE(direct.open());
    std::vector<std::size_t> costs;
    const auto run = [&](redis_script script, std::vector<std::string_view> arguments) {
      const auto before = commands();
      REQUIRE(direct.run_one(script, redis_keys{q.o.queue}, arguments));
      costs.push_back(commands() - before);
    };
    run(redis_script::retain, {token, session, "multi", "", "0", "x", "1"});
    run(redis_script::reclaim, {token, session, "multi", "3600000", "100"});
    run(redis_script::stats, {"3600000"});
    run(redis_script::apply, {token, session, "multi", incarnation_of(*a),
                              "1",   "1",     "60000", "3600000",
                              "0",   "1000",  "1000",  "",
                              "",    "9",     "0",     "",
                              "0",   "0",     "0",     "0",
                              "0"});
    run(redis_script::leave, {token, session, "multi", incarnation_of(*a)});
    CHECK(q.server.command({"ZCARD", queue_name + ":ready"}) == "3");
    check_layout(q.server);
    return costs;
  };
  CHECK(costs_beside(2) == costs_beside(40));
}

TEST_CASE("the stats name some of very many processes", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process();
  REQUIRE(apply(*a));
  std::vector<std::string> all{"ZADD", queue_name + ":owners"};
  for (int i = 0; i < 1'000; ++i)
    all.insert(all.end(), {"99999999999999", "token:" + std::to_string(i) + ":host"});
  REQUIRE(q.server.command(all) == "1000");
  CHECK(a->stats()->owners.size() == 100);
}

TEST_CASE("the leases of very many processes that ended at once go back", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  q.o.queue.owner_ttl = 1h;
  auto a = q.process();
  REQUIRE(apply(*a));
  for (int i = 0; i < 12; ++i) {
    auto other = q.process();
    std::vector<batch_ptr> many;
    for (int n = 0; n < 50; ++n)
      many.push_back(make(std::to_string(i) + "-" + std::to_string(n), 1));
    REQUIRE(put(*other, many, 50)->granted.size() == 50);
  }
  const auto token = q.server.command({"HKEYS", queue_name + ":sessions"});
  std::istringstream tokens{token};
  for (std::string who; tokens >> who;)
    q.server.command({"ZADD", queue_name + ":owners", "1", who});
  for (int i = 0; i < 600; ++i)
    q.server.command({"ZADD", queue_name + ":owners", "1", "gone:" + std::to_string(i) + ":host"});
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(eventually([&] { return apply(*a).has_value(); }));
  CHECK(a->stats()->in_flight == 0);
  CHECK(a->stats()->ready == 6'000);
  CHECK(q.server.command({"ZCARD", queue_name + ":owners"}) == "1");
  check_layout(q.server);
}

TEST_CASE("a queue that is not in Redis cannot be looked into", "[store][redis]") {
  redis_server server;
  options o;
  o.persistence = server.url();
  const auto admin = make_queue_admin(o);
  REQUIRE(admin);
  CHECK((*admin)->stats().error().code == errc::not_a_queue);
  CHECK((*admin)->set_paused(true).error().code == errc::not_a_queue);
  CHECK((*admin)->put_note({"n", "text"}, "").error().code == errc::not_a_queue);
  redis_options where;
  where.unix_socket = server.socket();
  redis_queue emptied{std::make_shared<redis_connection>(where), {}}; // as when it has gone since it was found
  CHECK(emptied.put_note({"n", "text"}, "").error().code == errc::not_a_queue);
  CHECK(emptied.notes("").value().empty());
  CHECK(server.keys().empty());
}

TEST_CASE("a process is given no more of a backlog at a time than it can read in one round trip", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  std::vector<batch_ptr> large;
  for (int i = 0; i < 12; ++i)
    large.push_back(make("b-" + std::to_string(i), std::size_t{500'000}));
  REQUIRE(put(*a, large));
  const auto first = claim(*a, 12), rest = claim(*a, 12);
  CHECK(first.size() == 9); // the ninth reaches 4 MiB
  CHECK(rest.size() == 3);
  REQUIRE(put(*a, {make("small"), make("huge", std::size_t{6'000'000}), make("last")}));
  CHECK(claim(*a, 3).size() == 2);
  CHECK(claim(*a, 3).size() == 1);
}

// The counts do not depend on the machine: what makes one rise makes every batch dearer.
TEST_CASE("a batch costs so many commands, and a unit of work one script", "[store][redis]") {
  constexpr std::size_t batches = 16, units = 4;
  redis_queue_under_test q;
  auto a = q.process();
  unit_of_work w{.incarnation = "abc", .slots = batches};
  const auto next = [&] {
    static std::uint64_t number = 0;
    w.enqueues.clear();
    for (std::size_t i = 0; i < batches; ++i)
      w.enqueues.push_back(make("abc-" + std::to_string(++number)));
    const auto done = apply(*a, w);
    REQUIRE(done);
    REQUIRE(done->granted.size() == batches);
    w.settlements.clear();
    for (const auto& b : done->granted)
      w.settlements.emplace_back(ack{lease_of(b)});
  };
  next();
  q.server.command({"CONFIG", "RESETSTAT"});
  for (std::size_t i = 0; i < units; ++i)
    next();
  std::map<std::string, std::size_t> calls;
  std::istringstream stats{q.server.command({"INFO", "commandstats"})};
  for (std::string line; std::getline(stats, line);)
    if (const auto end = line.find(":calls="); end != std::string::npos)
      calls[line.substr(8, end - 8)] = std::stoul(line.substr(end + 7)); // behind cmdstat_
  std::size_t of_all = 0;
  for (const auto& [name, n] : calls) {
    UNSCOPED_INFO(name << ": " << n);
    of_all += name == "info" || name == "config|resetstat" ? 0 : n;
  }
  CHECK(calls["evalsha"] == units);
  CHECK(calls["set"] == units * batches);
  CHECK(calls["persist"] == units * batches);
  CHECK(of_all <= units * (2 * batches + 50)); // whatever the number of batches, but for two of each
}
