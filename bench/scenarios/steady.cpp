#include "scenarios/steady.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

// When each event was accepted, and how long it took from then on.
class stopwatch {
public:
  stopwatch(std::size_t events, std::size_t requests) : requests_{requests}, accepted_(events) {}

  void accept(std::size_t i) { accepted_[i] = steady_clock::now(); }
  void store(std::size_t i) { add(stored_, i); }
  void deliver(std::size_t i) { add(delivered_, i); }

  row wait() {
    std::unique_lock guard{mutex_};
    const auto is_complete = [&] { return stored_.size() == requests_ && delivered_.size() == accepted_.size(); };
    if (!changed_.wait_for(guard, seconds{60}, is_complete))
      throw std::runtime_error("not every event was stored and delivered");
    row r;
    for (auto& [name, ms] : {std::pair{"stored", &stored_}, {"delivered", &delivered_}}) {
      std::sort(ms->begin(), ms->end());
      r[std::string{name} + "_p50_ms"] = percentile(*ms, 0.5);
      r[std::string{name} + "_p99_ms"] = percentile(*ms, 0.99);
    }
    return r;
  }

private:
  void add(std::vector<double>& to, std::size_t i) {
    const auto took = duration<double, std::milli>(steady_clock::now() - accepted_[i]).count();
    const std::lock_guard guard{mutex_};
    to.push_back(took);
    changed_.notify_one();
  }

  const std::size_t requests_;
  std::vector<steady_clock::time_point> accepted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<double> stored_, delivered_;
};

std::size_t number_of(const std::string& message_id) {
  return std::stoul(message_id);
}

// Sends each event that it is given as a request, until the buffer has room for it.
caf::behavior requester(caf::event_based_actor* self, const buffer_actor& buffer, stopwatch& watch) {
  return {[self, buffer, &watch](const track& e) {
    request(self, buffer, caf::infinite, e)
        .then([&watch, i = number_of(e.message_id)](const receipt&) { watch.store(i); },
              [self, e](const caf::error&) { compat::send_self(self, e); });
  }};
}

caf::behavior reader_of_reports(stopwatch& watch) {
  return {[&watch](const delivery_report& r) {
            if (r.kind == report_kind::delivered)
              for (const auto& id : r.message_ids)
                watch.deliver(number_of(id));
          },
          [](const backpressure&) {}, [](const delivery_suspended&) {}, [](const reports_missed&) {},
          [](const stopped&) {}};
}

// The system waits for its actors when it is destroyed.
struct ended_actor {
  caf::actor who;
  ~ended_actor() { caf::anon_send_exit(who, caf::exit_reason::user_shutdown); }
};

} // namespace

row measure_latency(const options& o, std::int64_t rate, std::int64_t events) {
  constexpr std::int64_t for_a_request = 20;
  stopwatch watch{static_cast<std::size_t>(events), static_cast<std::size_t>((events - 1) / for_a_request + 1)};
  test::pipeline p{o};
  const ended_actor reader{p.system().spawn([&watch] { return reader_of_reports(watch); })};
  const ended_actor asks{
      p.system().spawn([&](caf::event_based_actor* self) { return requester(self, p.running().buffer, watch); })};
  caf::scoped_actor self{p.system()};
  request(self, p.running().supervisor, seconds{10}, subscribe{reader.who, true})
      .receive([] {}, [](const caf::error&) {});
  at_rate(rate, events, [&](std::int64_t i) {
    track e{.user_id = "user-1234", .event = "Order Completed", .properties = {{"n", i}}};
    e.message_id = std::to_string(i);
    watch.accept(static_cast<std::size_t>(i)); // to wait for room counts as well
    if (i % for_a_request == 0)
      compat::anon_send(asks.who, std::move(e));
    else
      while (!p.client().send(e))
        p.client().wait_for_room(seconds{1});
  });
  p.client().flush(seconds{60});
  return watch.wait();
}

} // namespace sluice::bench
