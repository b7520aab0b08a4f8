#include "support/catch.hpp"

#include <atomic>
#include <random>
#include <thread>

#include "support/command_queue.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

// Actors on real threads, killed at random moments: the order in which they hear of one another is what it may be.

namespace {

// Answers at once: some requests fail, some are refused.
class hasty_transport : public transport {
public:
  explicit hasty_transport(std::atomic<unsigned>& requests) : requests_{requests} {}
  void send(delivery_request, std::function<void(delivery_response)> done) override {
    const auto n = ++requests_;
    done({.status = n % 5 == 0 ? 503 : n % 11 == 0 ? 400 : 200});
  }

private:
  std::atomic<unsigned>& requests_;
};

void kill_one(pipeline& p, unsigned which) {
  const auto peers = p.peers();
  if (!peers)
    return;
  switch (which % 4) {
  case 0:
    return caf::anon_send_exit(peers->persister, caf::exit_reason::kill);
  case 1:
    return caf::anon_send_exit(peers->dispatcher, caf::exit_reason::kill);
  case 2:
    return caf::anon_send_exit(peers->retry, caf::exit_reason::kill);
  default:
    return caf::anon_send_exit(peers->dead_letters, caf::exit_reason::kill);
  }
}

} // namespace

TEST_CASE("kills of all the actors, one after the other and on top of one another, lose and miscount nothing",
          "[actors][supervisor]") {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  const auto rounds = setting("SLUICE_KILL_ROUNDS", 8);
  INFO("SLUICE_SEED=" << seed);
  std::mt19937_64 random{seed};
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::atomic<unsigned> requests{0};
    auto o = pipeline::to("http://127.0.0.1:1");
    o.retry.base = 5ms;
    o.retry.cap = 20ms;
    o.retry.max_attempts = 1'000;
    o.restarts.max = 1'000;
    extensions parts;
    parts.transport = [&](const options&) { return std::make_unique<hasty_transport>(requests); };
    pipeline p{o, std::move(parts)};
    std::atomic<bool> over{false};
    std::thread producer{[&] {
      for (int i = 0; i < 5'000; ++i)
        while (!p.client().track({.user_id = "u"}, "e"))
          p.client().wait_for_room(100ms);
      over = true;
    }};
    for (int kills = 0; kills < 60 || !over; ++kills)
      kill_one(p, static_cast<unsigned>(random()));
    producer.join();
    const auto flushed = p.client().flush(20s);
    REQUIRE(flushed);
    CHECK(flushed->delivered + flushed->dead == 5'000);
    CHECK(p.client().totals().waiting == 0);
    const auto ended = p.running().shutdown();
    REQUIRE(ended);
    CHECK(ended->lost == 0);
  }
}
