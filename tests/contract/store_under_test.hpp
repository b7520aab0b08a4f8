#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/backends.hpp"
#include "support/catch.hpp"

namespace sluice::test {

inline batch_ptr make(const std::string& id, std::uint32_t events = 10, std::size_t bytes = 100) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = events, .payload = std::make_shared<const std::string>(bytes, 'p')});
}

/// A store, and what a persister would do with it.
template <class Backend>
struct store_under_test {
  explicit store_under_test(const options& o = {}) : under_test{backend.open(o, "test").value()} {}

  work_done apply(unit_of_work w) {
    w.now = backend.now();
    auto done = under_test->apply(w);
    REQUIRE(done);
    const auto s = *under_test->stats();
    REQUIRE(s.stored == s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged + s.erased);
    return *done;
  }
  void put(std::vector<batch_ptr> batches) {
    unit_of_work w;
    w.enqueues = std::move(batches);
    for (const auto outcome : apply(w).enqueued)
      CHECK(outcome == enqueue_outcome::stored);
  }
  std::vector<leased_batch> claim(std::size_t n) {
    unit_of_work w;
    w.slots = n;
    return apply(w).granted;
  }
  std::vector<std::string> granted_ids(std::size_t n) {
    std::vector<std::string> ids;
    for (const auto& b : claim(n))
      ids.push_back(b.content->id);
    return ids;
  }
  settle_outcome settle(settlement s) {
    unit_of_work w;
    w.settlements.push_back(std::move(s));
    return apply(w).settled.at(0);
  }
  /// The process ends in order, and one with this fingerprint comes: why it may not process the queue, if so.
  errc succeed(const std::string& fingerprint) {
    if (auto previous = std::move(under_test)) // its lock goes first
      previous->leave();
    auto next = backend.open({}, fingerprint);
    if (!next)
      return next.error().code;
    under_test = std::move(*next);
    const auto done = under_test->apply({.now = backend.now()});
    return done ? errc{} : done.error().code;
  }
  void pass(int steps) { backend.pass(Backend::step * steps); }
  store_stats stats() { return *under_test->stats(); }

  Backend backend;
  std::unique_ptr<store> under_test;
};

inline lease lease_of(const leased_batch& b) {
  return {b.content->id, b.fence};
}

using ids = std::vector<std::string>;

} // namespace sluice::test
