#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/sqlite/store.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

namespace sluice::test {

/// A queue in a file of its own, and what a persister would do with it. Time passes when a test says so.
struct queue_file {
  /// In a temporary folder unless told otherwise.
  explicit queue_file(const std::string& where = "") : path{(where.empty() ? folder.path() : where) + "/queue.db"} {}

  result<std::unique_ptr<store>> open(const options& o = {}, const std::string& fingerprint = "one") const {
    return sqlite_store::open(path, o, fingerprint);
  }
  static batch_ptr batch_of(int number, std::size_t bytes = 100) {
    return std::make_shared<const batch>(batch{
        .id = "b" + std::to_string(number), .events = 10, .payload = std::make_shared<const std::string>(bytes, 'p')});
  }
  work_result apply(store& to, unit_of_work w) const {
    w.now = now;
    return to.apply(w);
  }
  void put(store& to, int from, int count, std::size_t bytes = 100) const {
    unit_of_work w;
    for (int i = from; i < from + count; ++i)
      w.enqueues.push_back(batch_of(i, bytes));
    REQUIRE(apply(to, w));
  }
  enqueue_outcome try_to_put(store& to, int number, std::size_t bytes) const {
    unit_of_work w;
    w.enqueues.push_back(batch_of(number, bytes));
    const auto done = apply(to, w);
    REQUIRE(done);
    return done->enqueued.at(0);
  }
  std::vector<leased_batch> claim(store& from, std::size_t n) const {
    unit_of_work w;
    w.slots = n;
    auto done = apply(from, w);
    REQUIRE(done);
    return done->granted;
  }
  /// Acknowledges everything that waits, eight batches at a time; gives the number of batches.
  std::size_t drain(store& from) const {
    std::size_t batches = 0;
    unit_of_work w;
    w.slots = 8;
    do {
      const auto done = apply(from, w);
      REQUIRE(done);
      w.settlements.clear();
      for (const auto& b : done->granted)
        w.settlements.emplace_back(ack{{b.content->id, b.fence}});
      batches += done->granted.size();
    } while (!w.settlements.empty());
    return batches;
  }

  temporary_folder folder;
  std::string path;
  store_time now{milliseconds{1'700'000'000'000}};
};

} // namespace sluice::test
