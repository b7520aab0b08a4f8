#pragma once

#include <memory>
#include <stdexcept>
#include <tuple>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"
#include "support/process.hpp"

namespace sluice::test {

/// A backend under test: `open` gives a fresh, empty queue. One that cannot be started fails the run.
struct memory_backend {
  std::unique_ptr<store> open(const options& o = {}) { return std::make_unique<memory_store>(o.queue, o.dead_letters); }
};

struct sqlite_backend {
  std::unique_ptr<store> open(options o = {}) {
    o.sqlite.durability = sqlite_durability::normal;
    auto opened = sqlite_store::open(folder.path() + "/queue.db", o, "test");
    if (!opened)
      throw std::runtime_error(to_string(opened.error()));
    return std::move(*opened);
  }
  temporary_folder folder;
};

/// Every backend; the contract suite runs against each.
using backends = std::tuple<memory_backend, sqlite_backend>;

} // namespace sluice::test
