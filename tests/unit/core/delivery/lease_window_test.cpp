#include "core/delivery/lease_window.hpp"

#include "support/catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("eight batches are leased for each delivery at a time", "[core][delivery]") {
  lease_window window{60s};
  CHECK(window.leases(8) == 64);
  CHECK(window.leases(1) == 8);
  CHECK(window.leases(0) == 0);
  for (int i = 0; i < 100; ++i)
    window.note(100ms);
  CHECK(window.leases(8) == 64);
}

TEST_CASE("a batch waits for its turn no longer than its lease is safe", "[core][delivery]") {
  CHECK(lease_window{10s}.longest_wait() == 5s);
}

TEST_CASE("no more is leased than a quarter of the lease is enough for", "[core][delivery]") {
  lease_window window{60s};
  for (int i = 0; i < 100; ++i)
    window.note(6s);
  CHECK(window.leases(8) == 16);
  for (int i = 0; i < 100; ++i)
    window.note(20s);
  CHECK(window.leases(8) == 8);
  for (int i = 0; i < 100; ++i)
    window.note(1ms);
  CHECK(window.leases(8) == 64);
}
