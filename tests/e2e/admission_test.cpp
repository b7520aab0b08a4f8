#include "support/catch.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include <malloc.h>

#include "support/http_server.hpp"
#include "support/pipeline.hpp"

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr int offered = 100'000;
constexpr int threads = 4;
constexpr std::uint64_t bound = 100;
// What 100 held events, their batches and the threads that offer the rest may take: far less than 100 000 events do.
constexpr std::size_t headroom = 6 << 20;

std::size_t bytes_in_use() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
#endif
}

struct flood {
  http_server silent{[](const http_request&) { return http_reply{.hang = true}; }};
  pipeline p{settings()};
  std::mutex mutex;
  std::vector<backpressure> crossings;
  std::uint64_t reported_refused = 0;
  std::atomic<std::size_t> most_bytes{0};

  options settings() const {
    auto o = pipeline::to(silent.url());
    o.max_internal_queue_size = bound;
    return o;
  }

  flood() {
    const auto listener = p.system().spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const backpressure& b) {
                std::lock_guard guard{mutex};
                crossings.push_back(b);
              },
              [this](const delivery_report& r) {
                std::lock_guard guard{mutex};
                reported_refused += r.kind == report_kind::rejected ? r.events : 0;
              },
              [](const delivery_suspended&) {},
              [this](const reports_missed& m) {
                std::lock_guard guard{mutex};
                reported_refused += m.rejected;
              },
              [](const stopped&) {}};
    });
    compat::anon_send(p.running().supervisor, subscribe{listener});
    REQUIRE(p.peers()); // the supervisor has seen the subscription
  }

  ~flood() { p.running().shutdown(10ms); } // nobody answers

  // `offer` is called 100 000 times, from four threads.
  void run(const std::function<void(caf::scoped_actor&)>& offer) {
    const auto before = bytes_in_use();
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&] {
        caf::scoped_actor self{p.system()};
        for (int i = 0; i < offered / threads; ++i) {
          offer(self);
          if (i % 1'000 == 0)
            most_bytes = std::max<std::size_t>(most_bytes, bytes_in_use());
        }
      });
    for (auto& t : all)
      t.join();
    const auto is_over = [&] {
      const auto t = p.client().totals();
      return t.accepted + t.rejected == offered;
    };
    REQUIRE(eventually(is_over));
    CHECK(p.client().totals().accepted == bound);
    CHECK(p.client().totals().rejected == offered - bound);
    CHECK(most_bytes < before + headroom);
    REQUIRE(eventually([&] {
      std::lock_guard guard{mutex};
      return reported_refused == offered - bound && !crossings.empty();
    }));
    std::lock_guard guard{mutex};
    REQUIRE(crossings.size() == 1);
    CHECK(crossings[0].engaged);
    CHECK(crossings[0].capacity == bound);
  }
};

} // namespace

TEST_CASE("of 100 000 events through the client 100 are held, the others rejected at once", "[e2e]") {
  flood f;
  std::atomic<std::uint64_t> full{0};
  f.run([&](caf::scoped_actor&) {
    const auto sent = f.p.client().track({.user_id = "u"}, "e", {{"n", 1}});
    if (!sent && sent.error().code == errc::buffer_full)
      ++full;
  });
  CHECK(full == offered - bound);
}

TEST_CASE("of 100 000 events by plain sends 100 are held, the others rejected before they reach a mailbox", "[e2e]") {
  flood f;
  f.run([&](caf::scoped_actor& self) { send(self, f.p.running().buffer, track{.user_id = "u", .event = "e"}); });
}

TEST_CASE("of 100 000 requests 100 are answered with a receipt, the others with buffer_full", "[e2e]") {
  flood f;
  std::atomic<std::uint64_t> stored{0}, full{0};
  f.run([&](caf::scoped_actor& self) {
    request(self, f.p.running().buffer, caf::infinite, track{.user_id = "u", .event = "e"})
        .receive([&](const receipt&) { ++stored; },
                 [&](const caf::error& why) {
                   full += why == to_caf_error({errc::buffer_full, "", ""}) ? 1 : 0;
                 });
  });
  CHECK(stored == bound);
  CHECK(full == offered - bound);
}
