#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "core/config/option_table.hpp"

using namespace sluice;

namespace {

options good() {
  options o;
  o.write_key = "k";
  return o;
}

template <class T>
T a_little() {
  if constexpr (std::is_floating_point_v<T>)
    return 0.001;
  else
    return T{1};
}

std::vector<std::string> wrong(const options& o) {
  std::vector<std::string> names;
  for (const auto& e : validate(o))
    names.push_back(e.field);
  return names;
}

using names = std::vector<std::string>;

names sorted(names all) {
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace

TEST_CASE("the defaults with a write key are valid", "[core][options]") {
  CHECK(wrong(good()).empty());
}

TEST_CASE("every option with a range is refused by name just outside of it", "[core][options]") {
  int checked = 0;
  const auto visit_with = [&](bool low) {
    options table = good();
    for_each_option(table, [&](const char* name, auto& member, auto&& first, auto&&... rest) {
      if constexpr (sizeof...(rest) == 1) {
        using value = std::remove_reference_t<decltype(member)>;
        const auto before = member;
        if (low && first.low != value{}) {
          member = first.low - a_little<value>();
          const auto found = wrong(table);
          CHECK(std::find(found.begin(), found.end(), name) != found.end());
          ++checked;
        } else if (!low) {
          member = first.high + a_little<value>();
          const auto found = wrong(table);
          CHECK(std::find(found.begin(), found.end(), name) != found.end());
          ++checked;
        }
        member = before;
      }
    });
  };
  visit_with(true);
  visit_with(false);
  CHECK(checked > 50);
}

TEST_CASE("all that is wrong is said at once", "[core][options]") {
  options o;
  o.data_plane_url = "nowhere";
  o.flush_at = 0;
  o.http.connect = milliseconds{0};
  o.retry.max_attempts = 0;
  CHECK(wrong(o) == names{"write_key", "data_plane_url", "flush_at", "http.connect", "retry.max_attempts"});
}

TEST_CASE("options that contradict one another are refused", "[core][options]") {
  auto o = good();
  o.low_water = o.high_water;
  CHECK(wrong(o) == names{"low_water"});
  o = good();
  o.flush_at = 501;
  CHECK(wrong(o) == names{"flush_at"});
  o = good();
  o.max_event_bytes = o.max_batch_bytes;
  CHECK(wrong(o) == names{"max_event_bytes"});
  o = good();
  o.retry.base = o.retry.cap * 2;
  CHECK(wrong(o) == names{"retry.base"});
  o = good();
  o.queue.max_backlog_events = 499;
  CHECK(wrong(o) == names{"queue.max_backlog_events"});
  o = good();
  o.high_water = std::nan("");
  CHECK(wrong(o).front() == "high_water");
}

TEST_CASE("a write key that a header cannot carry is refused, and not shown", "[core][options]") {
  for (const char* key : {"two words", "line\nbreak", "\xc3\xa9t\xc3\xa9-secret", "key:and-a-password"}) {
    auto o = good();
    o.write_key = key;
    REQUIRE(wrong(o) == names{"write_key"});
    CHECK(validate(o)[0].message.find(key) == std::string::npos);
  }
}

TEST_CASE("no write key is needed if nothing is sent", "[core][options]") {
  options o;
  o.enabled = false;
  CHECK(wrong(o).empty());
}

TEST_CASE("a file of authorities that cannot be read, or has no certificate, is refused", "[core][options]") {
  auto o = good();
  for (const char* file : {"/no/such/file", "/", "/etc/passwd"}) {
    o.http.ca_file = file;
    REQUIRE(wrong(o) == names{"http.ca_file"});
    CHECK(validate(o)[0].message.find(file) != std::string::npos);
  }
}

TEST_CASE("files and a name for TLS to Redis are refused without TLS, and if they cannot be used", "[core][options]") {
  auto o = good();
  o.persistence = "redis://localhost";
  o.redis.tls = {.ca_file = "/no/such/ca",
                 .certificate_file = "/no/such/cert",
                 .key_file = "/etc/passwd",
                 .server_name = "two words"};
  const names all{"redis.tls.ca_file", "redis.tls.certificate_file", "redis.tls.key_file", "redis.tls.server_name"};
  CHECK(sorted(wrong(o)) == all);
  CHECK(validate(o)[0].message.find("rediss") != std::string::npos);
  o.persistence = "rediss://localhost";
  CHECK(sorted(wrong(o)) == all);
  CHECK(validate(o)[0].message.find("must be a PEM file") == 0);
  o.redis.tls = {.server_name = "redis.internal"};
  CHECK(wrong(o).empty());
  o.persistence = "memory";
  CHECK(wrong(o).empty());
}

TEST_CASE("a certificate for Redis and its key are only used together", "[core][options]") {
  auto o = good();
  o.persistence = "rediss://localhost";
  o.redis.tls.certificate_file = "/no/such/file";
  CHECK(sorted(wrong(o)) == names{"redis.tls.certificate_file", "redis.tls.key_file"});
  o.redis.tls = {.key_file = "/no/such/file"};
  CHECK(sorted(wrong(o)) == names{"redis.tls.certificate_file", "redis.tls.key_file"});
  CHECK(validate(o)[0].message == "is required with redis.tls.key_file");
}

TEST_CASE("Redis at a Unix socket has neither TLS nor Sentinels", "[core][options]") {
  auto o = good();
  o.persistence = "redis";
  o.redis.unix_socket = "/run/redis.sock";
  CHECK(wrong(o).empty());
  o.redis.tls.enabled = true;
  CHECK(wrong(o) == names{"redis.tls.enabled"});
  o.persistence = "redis+unix:///run/redis.sock";
  CHECK(wrong(o) == names{"redis.tls.enabled"});
  o.redis.tls.enabled = false;
  o.redis.sentinel = {.nodes = "s1", .master = "m"};
  CHECK(wrong(o).empty()); // the URL takes precedence
  o.persistence = "redis";
  CHECK(wrong(o) == names{"redis.sentinel.nodes"});
  CHECK(validate(o)[0].message == "must be empty with a Unix socket");
}

TEST_CASE("Sentinels and the name of the master are only used together, and each must be valid", "[core][options]") {
  auto o = good();
  o.persistence = "redis";
  o.redis.sentinel.nodes = "s1,s2:26380";
  CHECK(wrong(o) == names{"redis.sentinel.master"});
  o.redis.sentinel.master = "mymaster";
  CHECK(wrong(o).empty());
  o.redis.sentinel = {.nodes = "s1,two words", .master = "two words", .password = "s3cret"};
  CHECK(wrong(o) == names{"redis.sentinel.nodes", "redis.sentinel.master"});
  o.redis.sentinel = {.master = "mymaster"};
  CHECK(wrong(o) == names{"redis.sentinel.nodes"});
  CHECK(validate(o)[0].message == "is required with redis.sentinel.master");
  o.persistence = "memory";
  CHECK(wrong(o).empty());
}

TEST_CASE("the nodes of a cluster must be valid, and are the only way to Redis", "[core][options]") {
  auto o = good();
  o.persistence = "redis";
  o.redis.cluster.nodes = "h1,h2:7001";
  CHECK(wrong(o).empty());
  o.redis.db = 1;
  CHECK(wrong(o) == names{"redis.db"});
  o.redis.db = 0;
  o.redis.sentinel = {.nodes = "s1", .master = "m"};
  CHECK(wrong(o) == names{"redis.cluster.nodes"});
  o.redis.sentinel = {};
  o.redis.unix_socket = "/run/redis.sock";
  CHECK(wrong(o) == names{"redis.cluster.nodes"});
  o.redis.unix_socket.clear();
  o.redis.cluster.nodes = "h1,two words";
  CHECK(wrong(o) == names{"redis.cluster.nodes"});
}

TEST_CASE("the bounds of the store hold a batch for each partition", "[core][options]") {
  auto o = good();
  o.queue.partitions = 16;
  CHECK(wrong(o).empty());
  o.queue.max_backlog_events = 16 * o.max_batch_events - 1;
  CHECK(wrong(o) == names{"queue.max_backlog_events"});
  o = good();
  o.queue.partitions = 16;
  o.dead_letters.max_events = 16 * o.max_batch_events - 1;
  o.dead_letters.max_bytes = 16 * o.max_batch_bytes - 1;
  CHECK(wrong(o) == names{"dead_letters.max_events", "dead_letters.max_bytes"});
  CHECK(validate(o)[0].message ==
        "must not be below max_batch_events for each of the queue.partitions: a batch must fit");
  o.dead_letters.max_events = o.dead_letters.max_bytes = 0; // nothing is to be kept
  CHECK(wrong(o).empty());
}

TEST_CASE("an order needs the partitions that it is made of", "[core][options]") {
  auto o = good();
  o.ordering = delivery_order::per_user;
  CHECK(wrong(o) == names{"queue.partitions"});
  o.queue.partitions = 2;
  CHECK(wrong(o).empty());
  o.ordering = delivery_order::strict;
  CHECK(wrong(o) == names{"queue.partitions"});
}

TEST_CASE("a queue has no name that a partition of another one may have", "[core][options]") {
  auto o = good();
  for (const char* const name : {"1", "a:1", "a:b:007"}) {
    o.queue.name = name;
    CHECK(wrong(o) == names{"queue.name"});
  }
  for (const char* const name : {"a1", "a:b", "1:a", "a:1b", "a:"}) {
    o.queue.name = name;
    CHECK(wrong(o).empty());
  }
}

TEST_CASE("strict ordering is refused for a shared queue", "[core][options]") {
  options o;
  o.write_key = "k";
  o.persistence = "redis";
  o.ordering = delivery_order::strict;
  CHECK(validate(o).empty());
  o.queue.is_multi_processor = true;
  const auto wrong = validate(o);
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].field == "ordering");
  o.ordering = delivery_order::per_user;
  o.queue.partitions = 2;
  CHECK(validate(o).empty());
}

TEST_CASE("only a queue that others can deliver from takes events that this process does not deliver",
          "[core][options]") {
  auto o = good();
  o.queue.enqueue_only = true;
  o.persistence = "memory";
  CHECK(wrong(o) == names{"queue.enqueue_only"});
  for (const char* store : {"sqlite:/tmp/queue.db", "redis"}) {
    o.persistence = store;
    CHECK(wrong(o).empty());
  }
  o.queue.adopt = true;
  REQUIRE(wrong(o) == names{"queue.adopt"});
  CHECK(validate(o)[0].message.find("queue.enqueue_only") != std::string::npos);
}

TEST_CASE("docs/options.md has every option with its name", "[core][options]") {
  std::ifstream in{SLUICE_SOURCE_DIR "/docs/options.md"};
  std::stringstream text;
  text << in.rdbuf();
  options o;
  for_each_option(o, [&](const std::string& name, auto&&...) {
    INFO(name);
    CHECK(text.str().find("`" + name + "`") != std::string::npos);
  });
}
