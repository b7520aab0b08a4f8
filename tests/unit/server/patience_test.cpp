#include "support/catch.hpp"

#include "server/routes.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("clients are asked to wait longer, the longer there has been no room", "[unit][server]") {
  patience p;
  const patience::time start{1h};
  CHECK(p.wait(start) == 1s);
  p.found_none(start);
  p.found_none(start + 5s);
  CHECK(p.wait(start) == 1s);
  CHECK(p.wait(start + 7s) == 7s);
  CHECK(p.wait(start + 1h) == 30s);
  p.found_room();
  CHECK(p.wait(start + 1h) == 1s);
}
