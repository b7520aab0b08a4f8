#include <algorithm>
#include <chrono>
#include <thread>

#include <caf/scoped_actor.hpp>

#include "harness/allocations.hpp"
#include "harness/benches.hpp"
#include "harness/sample.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

struct call_costs {
  std::vector<double> ns, allocations;

  void add(const call_costs& more) {
    ns.insert(ns.end(), more.ns.begin(), more.ns.end());
    allocations.insert(allocations.end(), more.allocations.begin(), more.allocations.end());
  }
};

// Times `call(prepare(i))` repeatedly, without the preparation.
template <class Prepare, class Call>
call_costs time_calls(std::int64_t calls, Prepare prepare, Call call) {
  call_costs costs;
  for (auto* v : {&costs.ns, &costs.allocations})
    v->reserve(static_cast<std::size_t>(calls));
  for (std::int64_t i = 0; i < calls; ++i) {
    auto x = prepare(i);
    const auto allocated = allocations();
    const auto begin = steady_clock::now();
    call(x);
    const auto end = steady_clock::now();
    costs.allocations.push_back(static_cast<double>(allocations() - allocated));
    costs.ns.push_back(duration<double, std::nano>(end - begin).count());
  }
  return costs;
}

nlohmann::json sample_properties(std::int64_t n) {
  return {{"total", 27.5}, {"n", n}, {"sku", "F15"}};
}

track sample_track(nlohmann::json& properties) {
  return {.user_id = "user-1234", .event = "Order Completed", .properties = std::move(properties)};
}

call_costs by_client_as_list(test::pipeline& p, std::int64_t calls) {
  return time_calls(
      calls, [](std::int64_t i) { return i; }, [&](std::int64_t i) { static_cast<void>(track_sample(p.client(), i)); });
}

call_costs by_client_as_json(test::pipeline& p, std::int64_t calls) {
  return time_calls(calls, sample_properties,
                    [&](nlohmann::json& j) { static_cast<void>(p.client().send(sample_track(j))); });
}

call_costs by_message(test::pipeline& p, std::int64_t calls) {
  caf::scoped_actor self{p.system()};
  return time_calls(calls, sample_properties,
                    [&](nlohmann::json& j) { compat::send(self.ptr(), p.running().buffer, sample_track(j)); });
}

using way = call_costs (*)(test::pipeline&, std::int64_t calls);

// Runs `producers` threads at once. The buffer never rejects one of their events.
call_costs run(workbench& w, way how, int producers, std::int64_t calls) {
  auto o = options_for({.store = store_kind::memory}, w.server.url(), "memory");
  o.max_internal_queue_size = 1'000'000;
  o.max_internal_queue_bytes = std::size_t{1} << 30;
  test::pipeline p{o};
  std::vector<call_costs> each(static_cast<std::size_t>(producers));
  std::vector<std::thread> threads;
  for (auto& costs : each)
    threads.emplace_back([&p, &costs, how, calls] { costs = how(p, calls); });
  for (auto& t : threads)
    t.join();
  call_costs all;
  for (const auto& costs : each)
    all.add(costs);
  std::sort(all.ns.begin(), all.ns.end());
  std::sort(all.allocations.begin(), all.allocations.end());
  p.client().flush(seconds{60});
  return all;
}

} // namespace

void bench_enqueue(workbench& w) {
  const std::vector<std::pair<const char*, way>> ways{
      {"client, list", by_client_as_list}, {"client, json", by_client_as_json}, {"actor, json", by_message}};
  for (const int producers : {1, 2, 4})
    for (const auto& [name, how] : ways) {
      std::vector<double> p50, p99, p999, allocated;
      for (int i = 0; i < w.rounds; ++i) {
        const auto costs = run(w, how, producers, 100'000 / w.fewer);
        p50.push_back(percentile(costs.ns, 0.5));
        p99.push_back(percentile(costs.ns, 0.99));
        p999.push_back(percentile(costs.ns, 0.999));
        allocated.push_back(percentile(costs.allocations, 0.5));
      }
      row r{{"bench", "enqueue"}, {"by", name}, {"producers", producers}};
      put(r, "p50_ns", figure_of(p50));
      r["p99_ns"] = figure_of(p99).median;
      r["p999_ns"] = figure_of(p999).median;
      r["allocations"] = figure_of(allocated).median;
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
