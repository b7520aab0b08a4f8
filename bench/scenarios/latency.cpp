#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "harness/benches.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

// The time at which each event was accepted, and how long its delivery took from then on.
class stopwatch {
public:
  explicit stopwatch(std::size_t events) : accepted_(events), ms_(events, -1) {}

  void accept(std::size_t i) { accepted_[i] = steady_clock::now(); }

  void deliver(std::size_t i) {
    const auto took = duration<double, std::milli>(steady_clock::now() - accepted_[i]).count();
    const std::lock_guard guard{mutex_};
    ms_[i] = took;
    if (++delivered_ == ms_.size())
      all_.notify_all();
  }

  std::vector<double> wait() {
    std::unique_lock guard{mutex_};
    if (!all_.wait_for(guard, seconds{60}, [&] { return delivered_ == ms_.size(); }))
      throw std::runtime_error("not every event was delivered");
    std::sort(ms_.begin(), ms_.end());
    return ms_;
  }

private:
  std::vector<steady_clock::time_point> accepted_;
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t delivered_ = 0;
  std::vector<double> ms_;
};

std::vector<double> run(workbench& w, store_kind store, std::int64_t rate, std::int64_t events) {
  auto o = options_for({.store = store}, w.server.url(), w.stores.fresh(store));
  o.flush_interval = milliseconds{5};
  stopwatch watch{static_cast<std::size_t>(events)};
  test::pipeline p{o};
  const auto subscriber = p.system().spawn([&watch]() -> caf::behavior {
    return {[&watch](const delivery_report& r) {
              if (r.kind == report_kind::delivered)
                for (const auto& id : r.message_ids)
                  watch.deliver(std::stoul(id));
            },
            [](const backpressure&) {}, [](const delivery_suspended&) {}, [](const reports_missed&) {},
            [](const stopped&) {}};
  });
  caf::scoped_actor self{p.system()};
  request(self, p.running().supervisor, seconds{10}, subscribe{subscriber, true})
      .receive([] {}, [](const caf::error&) {});
  const auto begin = steady_clock::now();
  for (std::int64_t i = 0; i < events; ++i) {
    std::this_thread::sleep_until(begin + nanoseconds{1'000'000'000 / rate * i} - microseconds{500}); // in small bursts
    watch.accept(static_cast<std::size_t>(i));
    track e{.user_id = "user-1234", .event = "Order Completed", .properties = {{"n", i}}};
    e.message_id = std::to_string(i);
    if (!p.client().send(e))
      throw std::runtime_error("an event was rejected");
  }
  auto took = watch.wait();
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  return took;
}

} // namespace

void bench_latency(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis})
    for (const std::int64_t rate : {1'000, 50'000}) {
      std::vector<double> p50, p99;
      for (int i = 0; i < w.rounds; ++i) {
        const auto ms = run(w, store, rate, std::max<std::int64_t>(rate * 2 / w.fewer, 100));
        p50.push_back(percentile(ms, 0.5));
        p99.push_back(percentile(ms, 0.99));
      }
      row r{{"bench", "latency"}, {"store", name_of(store)}, {"rate", rate}};
      put(r, "p50_ms", figure_of(p50));
      put(r, "p99_ms", figure_of(p99));
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
