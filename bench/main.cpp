// What an event costs. Loopback only; every figure is the median of several rounds, with the least and the most.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "null_server.hpp"
#include "sluice/analytics.hpp"
#include "sluice/client.hpp"
#include "sluice/config.hpp"

namespace {

using namespace std::chrono;

constexpr int rounds = 5;

struct host_config : caf::actor_system_config {
  host_config() { sluice::configure(*this, custom_options_); }
};

struct figure {
  double median, least, most;
};

figure measure(const std::function<double()>& once) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i)
    all.push_back(once());
  std::sort(all.begin(), all.end());
  return {all[rounds / 2], all.front(), all.back()};
}

void print(const char* what, std::size_t batch, bool gzip, const figure& f, const char* unit) {
  std::printf("%-10s %6zu  %-5s %12.0f  (%.0f to %.0f) %s\n", what, batch, gzip ? "gzip" : "plain", f.median, f.least,
              f.most, unit);
}

// From `client.track` to the acknowledged 2xx: events a second.
double pipeline(const std::string& url, std::size_t batch, bool gzip) {
  constexpr int events = 100'000;
  host_config config;
  caf::actor_system system{config};
  auto running = sluice::spawn_analytics(
      system,
      {.write_key = "bench", .data_plane_url = url, .flush_at = batch, .max_batch_events = batch, .gzip = gzip});
  if (!running)
    return 0;
  sluice::client client{*running};
  const auto start = steady_clock::now();
  for (int i = 0; i < events; ++i)
    while (!client.track({.user_id = "user-1234"}, "Order Completed", {{"total", 27.5}, {"n", i}, {"sku", "F15"}}))
      client.wait_for_room(seconds{1});
  const auto flushed = client.flush(seconds{60});
  const auto took = duration<double>(steady_clock::now() - start).count();
  return flushed && flushed->delivered == events ? events / took : 0;
}

// What a `track` costs its caller while there is room: ns.
double enqueue(const std::string& url) {
  constexpr int events = 10'000; // less than max_internal_queue_size
  host_config config;
  caf::actor_system system{config};
  auto running = sluice::spawn_analytics(system, {.write_key = "bench", .data_plane_url = url});
  if (!running)
    return 0;
  sluice::client client{*running};
  const auto start = steady_clock::now();
  for (int i = 0; i < events; ++i)
    if (!client.track({.user_id = "user-1234"}, "Order Completed", {{"total", 27.5}, {"n", i}, {"sku", "F15"}}))
      return 0;
  return duration<double, std::nano>(steady_clock::now() - start).count() / events;
}

} // namespace

int main() {
  sluice::bench::null_server server;
  std::puts("bench       batch  body        median   least to most");
  for (const bool gzip : {true, false})
    for (const std::size_t batch : {20, 100, 500})
      print("pipeline", batch, gzip, measure([&] { return pipeline(server.url(), batch, gzip); }), "events/s");
  print("enqueue", 100, true, measure([&] { return enqueue(server.url()); }), "ns an event");
  return 0;
}
