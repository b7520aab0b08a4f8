#pragma once

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "store/redis/store.hpp"
#include "support/catch.hpp"
#include "support/redis_layout.hpp"

namespace sluice::test {

inline batch_ptr make(const std::string& id, std::size_t bytes = 100) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = 10, .payload = std::make_shared<const std::string>(bytes, 'p')});
}

/// A half of what `make` makes.
inline batch_ptr half(const std::string& id) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>(50, 'p')});
}

inline lease lease_of(const leased_batch& b) {
  return {b.content->id, b.fence};
}

/// A queue in a Redis of its own, and processes on it.
struct redis_queue_under_test {
  explicit redis_queue_under_test(std::vector<std::string> arguments = {}) : server{std::move(arguments)} {
    o.queue.owner_ttl = std::chrono::seconds{3};
  }
  /// `port`: of a way to the server; 0: its own. `fingerprint`: of its destination.
  std::unique_ptr<redis_store> process(std::uint16_t port = 0, const std::string& fingerprint = "test") {
    redis_options where;
    where.host = "127.0.0.1";
    where.port = port ? port : server.port();
    where.command = std::chrono::seconds{1};
    return std::make_unique<redis_store>(where, o, fingerprint);
  }
  /// As if its owner had been silent for `owner_ttl`.
  void expire_owner() { REQUIRE(server.command({"DEL", queue_name + ":owner"}) == "1"); }

  redis_server server;
  options o;
};

/// Everything that is in a server, but for what passes.
inline std::string content(const redis_server& server) {
  std::string all;
  for (const auto& key : server.keys())
    all += key + " " + server.command({"DUMP", key}) + "\n";
  return all;
}

/// Of the process that the store is of: its batches may have ids that begin with this and a hyphen.
inline std::string incarnation_of(const store& s) {
  return std::to_string(reinterpret_cast<std::uintptr_t>(&s));
}

inline work_result apply(store& to, unit_of_work w = {}) {
  w.incarnation = incarnation_of(to);
  return to.apply(w);
}

inline work_result put(store& to, std::vector<batch_ptr> batches, std::size_t slots = 0) {
  unit_of_work w;
  w.enqueues = std::move(batches);
  w.slots = slots;
  return apply(to, std::move(w));
}

/// What the first unit of work of a process on such a Redis fails with.
inline store_error error_of(const redis_options& where) {
  redis_store a{where, {}, "test"};
  const auto r = put(a, {make("x")});
  REQUIRE(!r);
  return r.error();
}

/// A node that is away.
inline std::string nobody() {
  return "127.0.0.1:" + std::to_string(free_port());
}

inline std::vector<leased_batch> claim(store& from, std::size_t n) {
  unit_of_work w;
  w.slots = n;
  const auto done = apply(from, std::move(w));
  REQUIRE(done);
  return done->granted;
}

inline work_result settle_one(store& to, settlement s) {
  unit_of_work w;
  w.settlements.push_back(std::move(s));
  return apply(to, std::move(w));
}

/// The command that makes a user `someone` of Redis's access control lists, with the password `word` and the rights
/// that the documentation names.
inline std::vector<std::string> documented_user() {
  const auto text = read_file(SLUICE_SOURCE_DIR "/docs/persistence.md");
  const auto begin = text.find("`+auth") + 1, end = text.find('`', begin);
  REQUIRE(begin != std::string::npos + 1);
  std::vector<std::string> user{"ACL", "SETUSER", "someone", "on", ">word", "~" + queue_name + "*"};
  std::istringstream words{text.substr(begin, end - begin)};
  for (std::string word; words >> word;)
    user.push_back(word);
  return user;
}

inline errc code_of(const work_result& r) {
  return r ? errc{} : r.error().code;
}

inline store_signal signal_of(const work_result& r) {
  return r ? store_signal::none : r.error().signal;
}

} // namespace sluice::test
