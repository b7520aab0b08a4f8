#include "unit/store/redis/queue_under_test.hpp"

#include "support/certificates.hpp"
#include "support/pipeline.hpp"
#include "support/redis_sentinels.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

redis_options behind(const std::string& sentinels) {
  redis_options where;
  where.sentinel.nodes = sentinels;
  where.sentinel.master = "mymaster";
  return where;
}

} // namespace

TEST_CASE("a queue is in the Redis that a Sentinel names, and Sentinels may be away", "[store][redis][sentinel]") {
  redis_server server;
  const redis_sentinels sentinels{server.port()};
  redis_store a{behind(nobody() + "," + sentinels.nodes() + "," + nobody()), {}, "test"};
  REQUIRE(put(a, {make("x")}));
  CHECK(a.stats()->stored == 10);
  check_layout(server);
}

TEST_CASE("what is stored on a replica as well is there after a failover, and everything goes on",
          "[store][redis][sentinel]") {
  redis_server first, second{{"--replicaof", "127.0.0.1", std::to_string(first.port())}};
  const redis_sentinels sentinels{first.port(), 3};
  REQUIRE(eventually([&] { return sentinels.are_ready(1); }));
  options o;
  o.queue.owner_ttl = 3s;
  o.redis.wait_replicas = 1;
  redis_store a{behind(sentinels.nodes()), o, "test"};
  REQUIRE(eventually([&] { return put(a, {make("x"), make("y")}).has_value(); }));
  const auto leased = claim(a, 1);
  REQUIRE(leased.size() == 1);
  // Replicas are waited for when something is stored; then they have what came before, too.
  REQUIRE(eventually([&] { return put(a, {make("z")}).has_value(); }));
  first.kill();
  unit_of_work w;
  w.settlements = {retain{{lease_of(leased[0])}}, ack{lease_of(leased[0])}};
  REQUIRE(eventually([&] { return apply(a, w).has_value(); }));
  CHECK(sentinels.master() == second.port());
  CHECK(a.stats()->stored == 30);
  CHECK(a.stats()->delivered == 10);
  CHECK(a.stats()->ready == 20);
  check_layout(second);
}

TEST_CASE("what is wrong with Sentinels is said", "[store][redis][sentinel]") {
  redis_server server;
  const redis_sentinels sentinels{server.port()};
  auto where = behind(sentinels.nodes());
  SECTION("they know no such master") {
    where.sentinel.master = "another";
    where.sentinel.nodes += "," + nobody();
    CHECK(to_string(error_of(where)) ==
          "redis.sentinel.master: Sentinel at " + sentinels.nodes() + ": it knows no master another (store_failed)");
  }
  SECTION("none is there") {
    where.sentinel.nodes = nobody();
    CHECK(error_of(where).message == "Sentinel at " + where.sentinel.nodes + ": cannot connect: Connection refused");
  }
  SECTION("it is none") {
    where.sentinel.nodes = "127.0.0.1:" + std::to_string(server.port());
    const auto why = error_of(where);
    CHECK(why.field == "redis.sentinel.nodes");
    CHECK_THAT(why.message,
               Catch::Matchers::StartsWith("Sentinel at " + where.sentinel.nodes + ": says: ERR unknown command"));
  }
  SECTION("the master is away") {
    server.kill();
    CHECK(error_of(where).message ==
          "Redis at 127.0.0.1:" + std::to_string(server.port()) + ": cannot connect: Connection refused");
  }
  CHECK((!server.running() || server.keys().empty()));
}

TEST_CASE("a Sentinel that names a replica is not believed", "[store][redis][sentinel]") {
  redis_server master, replica{{"--replicaof", "127.0.0.1", std::to_string(master.port())}};
  // It believes what it was told for as long as the master may be away.
  const redis_sentinels sentinels{replica.port(), 1, {"sentinel down-after-milliseconds mymaster 600000"}};
  CHECK(error_of(behind(sentinels.nodes())).message ==
        "Redis at 127.0.0.1:" + std::to_string(replica.port()) + ": it is no master; a failover may be under way");
}

TEST_CASE("Sentinels have a password of their own, and it is not said", "[store][redis][sentinel]") {
  redis_server server{{"--requirepass", "of-redis"}};
  const redis_sentinels sentinels{
      server.port(), 1, {"requirepass of-sentinels", "sentinel auth-pass mymaster of-redis"}};
  auto where = behind(sentinels.nodes());
  where.password = "of-redis";
  for (const std::string wrong : {"", "wr0ng-password"}) {
    where.sentinel.password = wrong;
    const auto why = error_of(where);
    CHECK(why.field == "redis.sentinel.password");
    CHECK(why.message.find("wr0ng") == std::string::npos);
  }
  where.sentinel.password = "of-sentinels";
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("a user of Sentinels that has the rights of the documentation can find the master",
          "[store][redis][sentinel]") {
  redis_server server;
  const redis_sentinels sentinels{
      server.port(), 1, {"user sluice on >of-sentinels +auth +sentinel|get-master-addr-by-name"}};
  auto where = behind(sentinels.nodes());
  where.sentinel.username = "sluice";
  where.sentinel.password = "of-sentinels";
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("Sentinels, too, are reached with TLS", "[store][redis][sentinel][tls]") {
  const authority trusted;
  const auto identity = trusted.issue("127.0.0.1");
  redis_server server{{"--tls-cert-file", identity.certificate, "--tls-key-file", identity.key, "--tls-ca-cert-file",
                       trusted.certificate_file(), "--tls-auth-clients", "no"}};
  const auto port = free_port();
  const redis_sentinels sentinels{server.port(),
                                  1,
                                  {"tls-port " + std::to_string(port), "tls-cert-file " + identity.certificate,
                                   "tls-key-file " + identity.key, "tls-ca-cert-file " + trusted.certificate_file(),
                                   "tls-auth-clients no", "tls-replication yes"}};
  auto where = behind("127.0.0.1:" + std::to_string(port));
  where.tls.enabled = true;
  where.tls.ca_file = trusted.certificate_file();
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
  where.sentinel.nodes = sentinels.nodes(); // the port without TLS
  where.connect = 500ms;
  CHECK(error_of(where).code == errc::store_failed);
}
