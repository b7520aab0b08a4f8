#include "support/catch.hpp"

#include "server/routes.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("clients are asked to wait longer, the longer there has been no room", "[unit][server]") {
  patience p;
  const patience::time start{1h};
  CHECK(p.wait(start) == 1s);
  p.refused(errc::buffer_full, start);
  p.refused(errc::buffer_full, start + 5s);
  CHECK(p.wait(start) == 1s);
  CHECK(p.wait(start + 7s) == 7s);
  CHECK(p.wait(start + 1h) == 30s);
  p.found_room();
  CHECK(p.wait(start + 1h) == 1s);
}

TEST_CASE("only a full buffer says that there is no room", "[unit][server]") {
  patience p;
  const patience::time start{1h};
  p.refused(errc::too_large, start);
  p.refused(errc::closed, start);
  CHECK(p.wait(start + 7s) == 1s);
  p.refused(errc::buffer_full, start + 7s);
  p.refused(errc::too_large, start + 9s);
  CHECK(p.wait(start + 10s) == 3s);
}
