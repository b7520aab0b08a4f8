#include "cli/deliver/service_notice.hpp"

#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/notice_socket.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("a sign of life that was due while the service was busy is given as soon as it is not", "[cli]") {
  const temporary_folder folder;
  const auto path = folder.path() + "/notice";
  const notice_socket manager{path};
  const environment_variable socket{"NOTIFY_SOCKET", path.c_str()}, period{"WATCHDOG_USEC", "20000000"};
  service_notice notice;
  const std::chrono::steady_clock::time_point start{1h};
  int asked = 0;
  const auto alive = [&] {
    ++asked;
    return true;
  };
  const auto busy = [&] {
    ++asked;
    return false;
  };
  notice.show_life(start, busy);
  notice.show_life(start + 100ms, busy);
  notice.show_life(start + 200ms, alive);
  CHECK(asked == 3);
  notice.show_life(start + 10s, alive); // not due yet
  CHECK(asked == 3);
  notice.show_life(start + 10'200ms, busy);
  notice.show_life(start + 10'300ms, alive);
  CHECK(asked == 5);
  notice.send("END=1");
  CHECK(manager.next() == "WATCHDOG=1");
  CHECK(manager.next() == "WATCHDOG=1");
  CHECK(manager.next() == "END=1");
}

TEST_CASE("without a watchdog nobody asks whether the service is alive", "[cli]") {
  service_notice notice;
  bool asked = false;
  notice.show_life(std::chrono::steady_clock::time_point{1h}, [&] { return asked = true; });
  CHECK(!asked);
}
