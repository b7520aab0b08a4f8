#include "unit/store/redis/queue_under_test.hpp"

#include "support/certificates.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> tls_arguments(const authority& clients, const identity_files& server,
                                       const std::string& ask_clients = "no") {
  return {"--tls-cert-file",    server.certificate,         "--tls-key-file",     server.key,
          "--tls-ca-cert-file", clients.certificate_file(), "--tls-auth-clients", ask_clients};
}

redis_options tls_options(const redis_server& server, const authority& trusted) {
  redis_options where;
  where.port = server.port();
  where.command = 5s;
  where.tls.enabled = true;
  where.tls.ca_file = trusted.certificate_file();
  return where;
}

} // namespace

TEST_CASE("a queue is in a Redis that speaks TLS", "[store][redis][tls]") {
  authority trusted;
  redis_queue_under_test q{tls_arguments(trusted, trusted.issue("localhost"))};
  redis_store a{tls_options(q.server, trusted), q.o, "test"};
  REQUIRE(put(a, {make("x", 300'000), make("y")}));
  a.leave();
  redis_store b{tls_options(q.server, trusted), q.o, "test"};
  const auto granted = claim(b, 2);
  REQUIRE(granted.size() == 2);
  CHECK(granted[0].content->payload->size() == 300'000);
  CHECK(settle_one(b, ack{lease_of(granted[0])})->settled[0] == settle_outcome::applied);
  check_layout(q.server);
}

TEST_CASE("the certificate of a Redis is verified, and what is wrong with it is said", "[store][redis][tls]") {
  authority trusted, unknown;
  const auto refused = [&](const identity_files& identity, const std::string& why) {
    redis_server server{tls_arguments(trusted, identity)};
    redis_store a{tls_options(server, trusted), {}, "test"};
    const auto r = put(a, {make("x")});
    REQUIRE(!r);
    CHECK(r.error().message == "Redis at localhost:" + std::to_string(server.port()) +
                                   ": cannot connect: TLS: the certificate " + why + " (localhost)");
    CHECK(server.keys().empty());
  };
  refused(unknown.issue("localhost"), "is from an unknown authority");
  refused(unknown.self_signed("localhost"), "is self-signed");
  refused(trusted.issue("example.com"), "is for another host name");
  refused(trusted.issue("localhost", -60), "has expired");
}

TEST_CASE("the name that the certificate of a Redis must be for can be given", "[store][redis][tls]") {
  authority trusted;
  redis_server server{tls_arguments(trusted, trusted.issue("redis.example.com"))};
  auto where = tls_options(server, trusted);
  where.tls.server_name = "redis.example.com";
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("a certificate may be for the address of a Redis", "[store][redis][tls]") {
  authority trusted;
  redis_server server{tls_arguments(trusted, trusted.issue("127.0.0.1"))};
  auto where = tls_options(server, trusted);
  where.host = "127.0.0.1";
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("a Redis that asks for a certificate is shown one", "[store][redis][tls]") {
  authority trusted, unknown;
  redis_server server{tls_arguments(trusted, trusted.issue("localhost"), "yes")};
  auto where = tls_options(server, trusted);
  CHECK(code_of(put(*std::make_unique<redis_store>(where, options{}, "test"), {make("x")})) == errc::store_failed);
  const auto strange = unknown.issue("client");
  where.tls.certificate_file = strange.certificate;
  where.tls.key_file = strange.key;
  CHECK(code_of(put(*std::make_unique<redis_store>(where, options{}, "test"), {make("x")})) == errc::store_failed);
  CHECK(server.keys().empty());
  const auto known = trusted.issue("client");
  where.tls.certificate_file = known.certificate;
  where.tls.key_file = known.key;
  redis_store a{where, {}, "test"};
  CHECK(put(a, {make("x")}));
}

TEST_CASE("a file for TLS to Redis that cannot be used is named", "[store][redis][tls]") {
  authority trusted;
  const auto identity = trusted.issue("localhost"), other = trusted.issue("other");
  redis_server server{tls_arguments(trusted, identity)};
  const auto complaint = [&](const redis_tls_options& tls) {
    auto where = tls_options(server, trusted);
    where.tls = tls;
    redis_store a{where, {}, "test"};
    const auto r = put(a, {make("x")});
    REQUIRE(!r);
    return to_string(r.error());
  };
  const auto begin = [&](const char* option, const std::string& file) {
    return Catch::Matchers::StartsWith("redis.tls." + std::string{option} + ": Redis at localhost:" +
                                       std::to_string(server.port()) + ": cannot connect: cannot use " + file + ": ");
  };
  CHECK_THAT(complaint({.enabled = true, .ca_file = "/nowhere"}), begin("ca_file", "/nowhere"));
  CHECK_THAT(complaint({.enabled = true, .certificate_file = identity.key, .key_file = identity.key}),
             begin("certificate_file", identity.key));
  CHECK_THAT(complaint({.enabled = true, .certificate_file = identity.certificate, .key_file = other.key}),
             begin("key_file", other.key));
}

TEST_CASE("with TLS to a Redis that speaks none, and without to one that does, nothing hangs", "[store][redis][tls]") {
  authority trusted;
  redis_server plain, tls{tls_arguments(trusted, trusted.issue("localhost"))};
  auto where = tls_options(plain, trusted);
  where.connect = where.command = 500ms;
  CHECK(code_of(put(*std::make_unique<redis_store>(where, options{}, "test"), {make("x")})) == errc::store_failed);
  where.port = tls.port();
  where.tls.enabled = false;
  CHECK(code_of(put(*std::make_unique<redis_store>(where, options{}, "test"), {make("x")})) == errc::store_failed);
  CHECK(plain.keys().empty());
  CHECK(tls.keys().empty());
}
