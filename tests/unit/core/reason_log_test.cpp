#include "support/catch.hpp"

#include "core/reason_log.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using ended = std::vector<std::pair<std::string, std::uint64_t>>;
const reason_log::time began{};

} // namespace

TEST_CASE("a reason is said once, and how often it happened when it is over", "[core][reasons]") {
  reason_log log{reason_log::duration::max()};
  CHECK(log.failed("a", began) == 1);
  CHECK(log.failed("a", began + 1h) == 0);
  CHECK(log.failed("b", began + 1h) == 1);
  CHECK(log.take_over(began + 1h).empty()); // it may go on
  CHECK(log.failed("b", began + 1h + 500ms) == 0);
  CHECK(log.take_over(began + 1h + 1s) == ended{{"a", 2}});
  CHECK(log.take_over(began + 2h) == ended{{"b", 2}});
  CHECK(log.take_over(began + 2h).empty());
  CHECK(log.failed("a", began + 2h) == 1);
}

TEST_CASE("a reason that goes on is said again, with how often it happened meanwhile", "[core][reasons]") {
  reason_log log{1min};
  CHECK(log.failed("full", began, 7) == 7);
  CHECK(log.failed("full", began + 59s, 10) == 0);
  CHECK(log.failed("full", began + 60s, 5) == 15);
  CHECK(log.failed("full", began + 61s) == 0);
}

TEST_CASE("of very many reasons the first are told apart", "[core][reasons]") {
  reason_log log{1min};
  for (std::size_t i = 0; i < reason_log::most; ++i)
    CHECK(log.failed(std::to_string(i), began) == 1);
  CHECK(log.failed("one more", began) == 0);
  log.take_over(began + 1min);
  CHECK(log.failed("one more", began + 1min) == 1);
}
