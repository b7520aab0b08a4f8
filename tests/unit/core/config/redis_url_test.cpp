#include "support/catch.hpp"

#include "core/config/store_url.hpp"

using namespace sluice;

namespace {

redis_options parsed(const std::string& url, const redis_options& before = {}) {
  options o;
  o.persistence = url;
  o.redis = before;
  const auto to = parse_store_url(o);
  INFO(url);
  REQUIRE(to);
  return std::get<redis_options>(*to);
}

std::string refusal_of(const std::string& url) {
  INFO(url);
  const auto to = parse_store_url({.persistence = url});
  REQUIRE(!to);
  CHECK(to.error().code == errc::invalid_option);
  CHECK(to.error().field == "persistence");
  CHECK(to.error().message.find("s3cret") == std::string::npos);
  return to.error().message;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a rediss URL is one of redis with TLS", "[core][redis_url]") {
  const auto redis = parsed("rediss://user:p%40ss@r.example.com:6380/3");
  CHECK(redis.tls.enabled);
  CHECK(redis.username == "user");
  CHECK(redis.password == "p@ss");
  CHECK(redis.host == "r.example.com");
  CHECK(redis.port == 6380);
  CHECK(redis.db == 3);
  CHECK(!parsed("redis://host").tls.enabled);
}

TEST_CASE("a redis URL keeps the TLS that the options switch on", "[core][redis_url]") {
  redis_options before;
  before.tls.enabled = true;
  before.tls.ca_file = "ca.pem";
  CHECK(parsed("redis://host", before).tls.enabled);
  CHECK(parsed("rediss://host", before).tls.ca_file == "ca.pem");
}

TEST_CASE("a sentinel URL has nodes, a master and a database", "[core][redis_url]") {
  const auto redis = parsed("redis+sentinel://user:p%2C%40%2F@s1:1,[2001:db8::1]:2,10.0.0.3/my%2Dmaster/4");
  CHECK(redis.username == "user");
  CHECK(redis.password == "p,@/");
  CHECK(redis.sentinel.nodes == "s1:1,[2001:db8::1]:2,10.0.0.3");
  CHECK(redis.sentinel.master == "my-master");
  CHECK(redis.sentinel.password == "");
  CHECK(redis.db == 4);
  CHECK(!redis.tls.enabled);
  const auto alone = parsed("rediss+sentinel://s1/mymaster");
  CHECK(alone.tls.enabled);
  CHECK(alone.sentinel.nodes == "s1");
  CHECK(alone.db == 0);
  CHECK(parsed("redis+sentinel://:a,b@s1,s2/m").password == "a,b");
}

TEST_CASE("a URL of Redis takes precedence over what the options say of the server", "[core][redis_url]") {
  redis_options before;
  before.unix_socket = "/run/redis.sock";
  before.sentinel = {.nodes = "old", .master = "old", .username = "watcher", .password = "s3cret"};
  const auto sentinels = parsed("redis+sentinel://s1/m", before);
  CHECK(sentinels.unix_socket == "");
  CHECK(sentinels.sentinel.nodes == "s1");
  CHECK(sentinels.sentinel.master == "m");
  CHECK(sentinels.sentinel.username == "watcher");
  CHECK(sentinels.sentinel.password == "s3cret");
  const auto host = parsed("redis://host", before);
  CHECK(host.unix_socket == "");
  CHECK(host.sentinel.nodes == "");
  CHECK(host.sentinel.master == "");
  CHECK(parsed("redis+unix:///other.sock", before).sentinel.nodes == "");
}

TEST_CASE("a sentinel URL with a part that is wrong is refused", "[core][redis_url]") {
  CHECK(has(refusal_of("redis+sentinel://s1,s2:0/m"), "; node 2 must name a host"));
  CHECK(has(refusal_of("redis+sentinel://,s2/m"), "; node 1 must"));
  CHECK(has(refusal_of("redis+sentinel:///m"), "; node 1 must"));
  for (const char* path :
       {"", "/", "//0", "/m/", "/m/x", "/m/-1", "/m/0/1", "/a%2Fb", "/a%00", "/a%20b", "/m/99999999999"})
    CHECK(has(refusal_of(std::string{"redis+sentinel://s1"} + path), "must end with the name of the master"));
  CHECK(has(refusal_of("redis+sentinel://s1/m?db=1"), "unknown query parameter"));
  CHECK(has(refusal_of("redis+sentinel://s1/m#f"), "must be redis://"));
}

TEST_CASE("a password with a separator is refused in a sentinel URL, and not shown", "[core][redis_url]") {
  for (const char* user :
       {":s3cret/x", ":s3cret@x", ":12/s3cret", "u:26379/s3cret", ":1?s3cret", ":1#s3cret", ":%s3cret", "u:1,v/s3cret"})
    CHECK(has(refusal_of("redis+sentinel://" + std::string{user} + "@s1,s2/m"), "must be percent-encoded"));
}

TEST_CASE("a URL of a cluster has nodes, and no database but 0", "[core][redis_url]") {
  redis_options before;
  before.unix_socket = "/s";
  before.sentinel = {.nodes = "old", .master = "old"};
  before.db = 3;
  const auto redis = parsed("redis+cluster://user:p%2C%40%2F@h1:7000,[2001:db8::1]:7001,h3", before);
  CHECK(redis.cluster.nodes == "h1:7000,[2001:db8::1]:7001,h3");
  CHECK(redis.username == "user");
  CHECK(redis.password == "p,@/");
  CHECK(redis.unix_socket == "");
  CHECK(redis.sentinel.nodes == "");
  CHECK(redis.db == 0);
  CHECK(!redis.tls.enabled);
  CHECK(parsed("rediss+cluster://h1/").tls.enabled);
  CHECK(parsed("redis+cluster://h1/0").cluster.nodes == "h1");
  before.cluster.nodes = "old";
  CHECK(parsed("redis://h", before).cluster.nodes == "");
  CHECK(parsed("redis+unix:///s", before).cluster.nodes == "");
  CHECK(parsed("redis+sentinel://s/m", before).cluster.nodes == "");
  CHECK(has(refusal_of("redis+cluster://h1,h2:0"), "; node 2 must name a host"));
  for (const char* path : {"/1", "/name", "/0/1"})
    CHECK(has(refusal_of(std::string{"redis+cluster://h1"} + path), "a Redis Cluster has one database"));
  CHECK(has(refusal_of("redis+cluster://:s3cret/x@h1,h2"), "must be percent-encoded"));
  CHECK(!has(refusal_of("redis+cluster://:s3cret/x@h1,h2"), "s3cret"));
}

TEST_CASE("an error about a store lists every form of its URL", "[core][redis_url]") {
  for (const char* text : {"nonsense", "redis://[", "rediss:/h"})
    for (const char* form : {"redis://[user", "redis+unix://", "redis+sentinel://", "redis+cluster://", "rediss://",
                             "rediss+sentinel://", "rediss+cluster://"})
      CHECK(has(refusal_of(text), form));
}
