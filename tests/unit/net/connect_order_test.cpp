#include "support/catch.hpp"

#include "net/connect_order.hpp"

using namespace sluice;

namespace {

// One letter an address: 4 or 6 for its family; `*` follows the one that worked last.
std::vector<std::size_t> order_of(const std::string& addresses) {
  std::vector<address_traits> all;
  for (const char c : addresses)
    if (c == '*')
      all.back().worked_last = true;
    else
      all.push_back({.is_v6 = c == '6'});
  return connect_order(all);
}

using indices = std::vector<std::size_t>;

} // namespace

TEST_CASE("address families take turns, in the resolver's order", "[core][connect]") {
  CHECK(order_of("") == indices{});
  CHECK(order_of("4") == indices{0});
  CHECK(order_of("444") == indices{0, 1, 2});
  CHECK(order_of("6644") == indices{0, 2, 1, 3});
  CHECK(order_of("4466") == indices{0, 2, 1, 3});
  CHECK(order_of("46666") == indices{0, 1, 2, 3, 4});
  CHECK(order_of("66664") == indices{0, 4, 1, 2, 3});
}

TEST_CASE("the address that worked last is tried first, then the other family", "[core][connect]") {
  CHECK(order_of("444*") == indices{2, 0, 1});
  CHECK(order_of("664*4") == indices{2, 0, 3, 1});
  CHECK(order_of("66*44") == indices{1, 2, 0, 3});
  CHECK(order_of("4*6*") == indices{0, 1});
}
