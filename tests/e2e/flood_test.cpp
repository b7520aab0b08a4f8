#include "support/catch.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "support/command_queue.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

double resident_mib() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t whole = 0, resident = 0;
  statm >> whole >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

} // namespace

TEST_CASE("producers that flood while everything is down cannot make memory grow", "[e2e][flood]") {
  const milliseconds whole{1'000 * setting("SLUICE_FLOOD_SECONDS", 6)};
  const temporary_folder nothing;
  auto o = pipeline::to("http://127.0.0.1:1"); // nobody listens
  o.persistence = "redis+unix://" + nothing.path() + "/redis.sock";
  o.flush_interval = 50ms;
  pipeline p{o};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> calls{0};
  const auto hundred = [&calls](const auto& one) {
    for (int i = 0; i < 100; ++i)
      one();
    calls += 100;
  };
  const auto produce = [&](const auto& one) {
    return std::thread{[&over, &hundred, one] {
      while (!over)
        hundred(one);
    }};
  };
  const std::string filler(300, 'x');
  const auto by_client = [&] { static_cast<void>(p.client().track({.user_id = "u"}, "Flood", {{"filler", filler}})); };
  const auto by_message = [&] {
    compat::anon_send(p.running().buffer, track{.user_id = "u", .event = "Flood", .properties = {{"filler", filler}}});
  };
  std::vector<std::thread> producers;
  producers.push_back(produce(by_client));
  producers.push_back(produce(by_message));
  producers.push_back(produce(by_message));
  const auto highest = [&](milliseconds at_least, const auto& reached) {
    double most = 0;
    for (const auto end = std::chrono::steady_clock::now() + at_least;
         std::chrono::steady_clock::now() < end || !reached();) {
      hundred(by_client);
      most = std::max(most, resident_mib());
    }
    return most;
  };
  // The level is that of a full buffer and of refusals in plenty, however slowly the machine gets there.
  const double level =
      highest(whole / 12, [&] { return p.client().totals().rejected >= 2 * o.max_internal_queue_size; });
  const double most = highest(whole - whole / 12, [] { return true; });
  over = true;
  for (auto& t : producers)
    t.join();
  const auto totals = p.client().totals();
  std::printf("Flood of %lld s with everything down: %llu calls, %llu accepted, %llu refused; resident %.1f MiB once "
              "it is full, %.1f MiB at most afterwards\n",
              static_cast<long long>(whole.count() / 1'000), static_cast<unsigned long long>(calls.load()),
              static_cast<unsigned long long>(totals.accepted), static_cast<unsigned long long>(totals.rejected), level,
              most);
  CHECK(totals.accepted == o.max_internal_queue_size);
  CHECK(totals.rejected >= calls - 100 - totals.accepted);
  CHECK(most <= level * 1.2);
  p.running().shutdown(10ms);
}
