#include "unit/store/redis/queue_under_test.hpp"

#include "support/certificates.hpp"
#include "support/pipeline.hpp"
#include "support/redis_cluster.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

const std::string ctl = queue_name + ":ctl";

redis_options in_cluster(const std::string& nodes) {
  redis_options where;
  where.cluster.nodes = nodes;
  return where;
}

std::string address_of(const redis_server& s) {
  return "127.0.0.1:" + std::to_string(s.port());
}

} // namespace

TEST_CASE("a queue is in the node of a cluster that serves it, whichever node is asked", "[store][redis][cluster]") {
  redis_cluster cluster{3};
  const auto* home = cluster.serving(ctl);
  REQUIRE(home);
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    redis_store a{in_cluster(nobody() + "," + address_of(cluster.server(i))), {}, "test"};
    REQUIRE(put(a, {make("x" + std::to_string(i))}));
    CHECK(a.stats()->stored == 10 * (i + 1));
    a.leave();
    CHECK(cluster.server(i).keys().empty() == (&cluster.server(i) != home));
  }
  check_layout(*home);
}

TEST_CASE("a slot that moves to another node takes the queue with it", "[store][redis][cluster]") {
  redis_cluster cluster{2};
  auto* const from = cluster.serving(ctl);
  REQUIRE(from);
  auto& to = cluster.server(from == &cluster.server(0) ? 1 : 0);
  const auto slot = from->command({"CLUSTER", "KEYSLOT", ctl});
  options o;
  o.queue.owner_ttl = 3s;
  redis_store a{in_cluster(cluster.nodes()), o, "test"};
  REQUIRE(put(a, {make("w"), make("x"), make("y"), make("z")}));
  const auto leased = claim(a, 2);
  REQUIRE(leased.size() == 2);

  unit_of_work w;
  w.settlements = {ack{lease_of(leased[0])}};
  w.enqueues = {make("new")};
  w.slots = 1;
  cluster.begin_move(slot, *from, to);
  // Half of it is elsewhere: no script sees half of a queue.
  cluster.move_keys({queue_name + ":m", queue_name + ":b:w", queue_name + ":b:y"}, *from, to);
  const auto meanwhile = apply(a, w);
  REQUIRE(!meanwhile);
  CHECK(meanwhile.error().message.find("ASK " + slot) != std::string::npos); // by what was to be stored
  // All of it is, but nobody has said so yet.
  cluster.move_keys(from->keys(), *from, to);
  CHECK(code_of(apply(a, w)) == errc::store_failed);
  cluster.end_move(slot, *from, to);
  const auto done = apply(a, w); // the node that it has left says where it is now
  REQUIRE(done);
  CHECK(done->settled[0] == settle_outcome::applied);
  REQUIRE(done->granted.size() == 1);
  CHECK(done->granted[0].content->id == "y");
  REQUIRE(settle_one(a, ack{lease_of(leased[1])})->settled[0] == settle_outcome::applied);
  CHECK(a.stats()->stored == 50);
  CHECK(a.stats()->delivered == 20);
  CHECK(from->keys().empty());
  check_layout(to);
}

TEST_CASE("what operators do follows a slot that has moved", "[store][redis][cluster]") {
  redis_cluster cluster{2};
  auto* const from = cluster.serving(ctl);
  REQUIRE(from);
  auto& to = cluster.server(from == &cluster.server(0) ? 1 : 0);
  const auto slot = from->command({"CLUSTER", "KEYSLOT", ctl});
  const auto where = in_cluster(address_of(*from));
  redis_store a{where, {}, "test"};
  REQUIRE(put(a, {make("x")}));
  redis_queue operators{std::make_shared<redis_connection>(where, ctl), {}};
  REQUIRE(operators.stats());
  cluster.move(slot, *from, to);
  CHECK(operators.set_paused(true));
  CHECK(operators.stats()->paused);
}

TEST_CASE("a master that fails is replaced by its replica, with what was stored on both", "[store][redis][cluster]") {
  redis_cluster cluster{3, 1};
  auto* const first = cluster.serving(ctl);
  REQUIRE(first);
  options o;
  o.queue.owner_ttl = 3s;
  o.redis.wait_replicas = 1;
  redis_store a{in_cluster(cluster.nodes()), o, "test"};
  REQUIRE(eventually([&] { return put(a, {make("x"), make("y")}).has_value(); }));
  const auto leased = claim(a, 1);
  REQUIRE(leased.size() == 1);
  // Replicas are waited for when something is stored; then they have what came before, too.
  REQUIRE(eventually([&] { return put(a, {make("z")}).has_value(); }));
  first->kill();
  unit_of_work w;
  w.settlements = {retain{{lease_of(leased[0])}}, ack{lease_of(leased[0])}};
  REQUIRE(eventually([&] { return apply(a, w).has_value(); }));
  const auto* second = cluster.serving(ctl);
  REQUIRE(second);
  CHECK(second != first);
  CHECK(a.stats()->stored == 30);
  CHECK(a.stats()->delivered == 10);
  CHECK(a.stats()->ready == 20);
  check_layout(*second);
}

TEST_CASE("what is wrong with a cluster is said, and nothing is touched", "[store][redis][cluster]") {
  SECTION("it is none") {
    redis_server server;
    CHECK(to_string(error_of(in_cluster(nobody() + "," + address_of(server)))) ==
          "redis.cluster.nodes: Redis at " + address_of(server) + ": it is no node of a Redis Cluster (store_failed)");
    CHECK(server.keys().empty());
  }
  SECTION("nobody is there") {
    const auto node = nobody();
    CHECK(error_of(in_cluster(node)).message == "Redis at " + node + ": cannot connect: Connection refused");
  }
  SECTION("it has no slots") {
    redis_server server{{"--cluster-enabled", "yes"}};
    CHECK(error_of(in_cluster(address_of(server))).message ==
          "Redis at " + address_of(server) + ": Redis says: CLUSTERDOWN Hash slot not served");
  }
  SECTION("the URL is that of one server") {
    redis_cluster cluster{2};
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      if (cluster.serving(ctl) == &cluster.server(i))
        continue;
      redis_options where;
      where.host = "127.0.0.1";
      where.port = cluster.server(i).port();
      CHECK(error_of(where).message.find("which redis+cluster:// follows") != std::string::npos);
      CHECK(cluster.server(i).keys().empty());
    }
  }
}

TEST_CASE("a cluster has a password, and it is not said", "[store][redis][cluster]") {
  redis_server server{{"--cluster-enabled", "yes", "--requirepass", "of-cluster"}};
  REQUIRE(server.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}) == "OK");
  auto where = in_cluster(address_of(server));
  for (const std::string wrong : {"", "wr0ng-password"}) {
    where.password = wrong;
    const auto why = error_of(where);
    CHECK(why.field == "redis.password");
    CHECK(why.message.find("wr0ng") == std::string::npos);
  }
  where.password = "of-cluster";
  redis_store a{where, {}, "test"};
  CHECK(eventually([&] { return put(a, {make("x")}).has_value(); }));
}

TEST_CASE("a user of a cluster needs one permission more than one of a server", "[store][redis][cluster]") {
  redis_server server{{"--cluster-enabled", "yes"}};
  REQUIRE(server.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}) == "OK");
  REQUIRE(eventually([&] { return server.command({"EXISTS", ctl}) == "0"; }));
  auto user = documented_user();
  REQUIRE(server.command(user) == "OK");
  auto where = in_cluster(address_of(server));
  where.username = "someone";
  where.password = "word";
  CHECK(error_of(where).message.find("NOPERM") != std::string::npos);
  user.emplace_back("+cluster|myid"); // as the documentation says
  REQUIRE(server.command(user) == "OK");
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("the nodes of a cluster are reached with TLS", "[store][redis][cluster][tls]") {
  const authority trusted;
  const auto identity = trusted.issue("127.0.0.1");
  redis_cluster cluster{2,
                        0,
                        {"--tls-cert-file", identity.certificate, "--tls-key-file", identity.key, "--tls-ca-cert-file",
                         trusted.certificate_file(), "--tls-auth-clients", "no", "--tls-cluster", "yes"}};
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    auto where = in_cluster(address_of(cluster.server(i)));
    where.tls.enabled = true;
    where.tls.ca_file = trusted.certificate_file();
    redis_store a{where, {}, "test"};
    CHECK(put(a, {make("x")}));
    a.leave();
  }
}
