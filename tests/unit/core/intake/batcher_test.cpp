#include "support/catch.hpp"

#include <random>

#include "core/intake/batcher.hpp"
#include "core/wire/payload.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

const steady_time t0{};

event_chunk chunk(int n, std::size_t size = 10) {
  event_chunk c;
  for (int i = 0; i < n; ++i)
    c.append(std::string(size, 'e'), nullptr);
  return c;
}

std::size_t events(const std::optional<cut>& c) {
  return c ? c->events : 0;
}

} // namespace

TEST_CASE("a batch is due when flush_at events wait", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(19), t0);
  CHECK(!b.next(t0, 4));
  b.add(chunk(1), t0);
  CHECK(events(b.next(t0, 4)) == 20);
  CHECK(!b.next(t0, 4));
}

TEST_CASE("a batch is due flush_interval after its oldest event", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(2), t0);
  b.add(chunk(1), t0 + 10s);
  CHECK(b.deadline() == t0 + 20s);
  CHECK(!b.next(t0 + 19'999ms, 4));
  CHECK(events(b.next(t0 + 20s, 4)) == 3);
  CHECK(!b.deadline());
}

TEST_CASE("a batch that holds a request is due after request_linger", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(2), t0);
  event_chunk c;
  c.append("request", std::make_shared<requester>([](const error*) {}));
  b.add(std::move(c), t0 + 1s);
  CHECK(b.deadline() == t0 + 1050ms);
  const auto batch = b.next(t0 + 1050ms, 4);
  CHECK(events(batch) == 3);
  CHECK(batch->requesters.size() == 1);
}

TEST_CASE("nothing is cut while the window is closed", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(100), t0);
  CHECK(!b.next(t0 + 1h, 0));
  CHECK(b.waiting() == 100);
}

TEST_CASE("batches have flush_at events while the pipeline keeps up, and grow while it is behind", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(60), t0);
  CHECK(events(b.next(t0, 4)) == 20);
  b.add(chunk(2'000), t0);
  CHECK(events(b.next(t0, 1)) == 500);
}

TEST_CASE("a body never has more than max_batch_bytes", "[core][batcher]") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  options o;
  o.max_batch_bytes = 1024;
  o.max_event_bytes = 700;
  for (int round = 0; round < 200; ++round) {
    batcher b{o};
    std::size_t in = 0, out = 0;
    for (int i = 0; i < 10; ++i) {
      const auto n = 1 + static_cast<int>(random() % 30);
      b.add(chunk(n, 1 + random() % 700), t0);
      in += static_cast<std::size_t>(n);
    }
    b.flush();
    while (auto batch = b.next(t0, 1 + random() % 4)) {
      REQUIRE(batch->bytes.size() + body_overhead <= 1024);
      REQUIRE(batch->events > 0);
      out += batch->events;
    }
    REQUIRE(in == out);
  }
}

TEST_CASE("what a flush covers is cut apart from what comes later", "[core][batcher]") {
  batcher b{options{}};
  b.add(chunk(5), t0);
  b.flush();
  b.add(chunk(7), t0);
  b.flush();
  b.add(chunk(9), t0);
  CHECK(events(b.next(t0, 4)) == 5);
  CHECK(events(b.next(t0, 4)) == 7);
  CHECK(!b.next(t0, 4));
  CHECK(b.waiting() == 9);
}
