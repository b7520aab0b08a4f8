#include "scenarios/step.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <caf/send.hpp>

#include "harness/places.hpp"
#include "harness/sample.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

options options_of(const step& s) {
  auto o = options_for({}, s.url, s.persistence);
  o.queue.is_multi_processor = s.what == "share";
  o.queue.max_backlog_bytes = std::size_t{16} << 30;
  if (s.what == "hold")
    o.max_internal_queue_size = static_cast<std::size_t>(s.events);
  return o;
}

// Checks every 100 µs, which costs almost nothing.
template <class F>
void wait_until(F is_true) {
  const auto end = steady_clock::now() + minutes{2};
  while (!is_true()) {
    if (steady_clock::now() > end)
      throw std::runtime_error("a step took too long");
    std::this_thread::sleep_for(microseconds{100});
  }
}

double each(steady_clock::duration took, std::int64_t events) {
  return duration<double, std::nano>(took).count() / static_cast<double>(events);
}

void fill(const step& s, row& r) {
  test::pipeline p{options_of(s)};
  compat::anon_send(p.running().supervisor, pause{});
  const auto store_all = [&](std::int64_t events) {
    const auto before = p.client().totals().stored;
    track_samples(p.client(), events);
    wait_until([&] { return p.client().totals().stored == before + static_cast<std::uint64_t>(events); });
  };
  constexpr std::int64_t first = 100; // a batch, so that the store exists
  store_all(first);
  const auto begin = steady_clock::now();
  store_all(s.events - first);
  r["ns"] = each(steady_clock::now() - begin, s.events - first);
  const auto report = p.running().shutdown(milliseconds{10});
  r["left"] = report ? report->stored : 0;
}

void drain(const step& s, row& r) {
  const auto begin = steady_clock::now();
  test::pipeline p{options_of(s)};
  const auto delivered = [&] { return p.client().totals().delivered; };
  wait_until([&] { return delivered() > 0; });
  const auto first = steady_clock::now();
  const auto before = static_cast<std::int64_t>(delivered());
  wait_until([&] { return delivered() == static_cast<std::uint64_t>(s.events); });
  r["recover_ms"] = duration<double, std::milli>(first - begin).count();
  r["ns"] =
      each(steady_clock::now() - first, std::max<std::int64_t>(s.events - before, 1)); // a few may be delivered at once
}

void share(const step& s, row& r) {
  test::pipeline p{options_of(s)};
  const auto seconds_now = [] { return duration<double>(steady_clock::now().time_since_epoch()).count(); };
  std::uint64_t delivered = 0;
  // Runs until no batch has been granted for a while: the other processes have delivered the rest.
  for (auto since = steady_clock::now(); steady_clock::now() - since < seconds{2};) {
    std::this_thread::sleep_for(milliseconds{1});
    if (const auto now = p.client().totals().delivered; now != delivered) {
      r["end_s"] = seconds_now();
      if (delivered == 0)
        r["begin_s"] = r["end_s"];
      delivered = now;
      since = steady_clock::now();
    }
  }
  r["delivered"] = delivered;
}

void idle(const step& s, row& r) {
  test::pipeline p{options_of(s)};
  track_samples(p.client(), 100);
  p.client().flush(seconds{10});
  const auto before = usage_of_process();
  std::this_thread::sleep_for(seconds{s.seconds});
  const auto after = usage_of_process();
  r["cpu_percent"] = (after.cpu_s - before.cpu_s) / static_cast<double>(s.seconds) * 100;
  r["wakeups_per_s"] = (after.switches - before.switches) / static_cast<double>(s.seconds);
}

// Words of a few hundred, so that they compress about as well as what users send.
std::string words(std::size_t bytes) {
  std::minstd_rand random;
  std::vector<std::string> known(300);
  for (auto& word : known)
    for (auto letters = 3 + random() % 8; letters > 0; --letters)
      word += static_cast<char>('a' + random() % 26);
  std::string text;
  while (text.size() < bytes)
    text += known[random() % known.size()] + ' ';
  return text;
}

void stream(const step& s, row& r) {
  test::pipeline p{default_options(s.url, s.persistence)};
  constexpr std::int64_t of_other_fields = 280, texts = 4;
  const auto size = static_cast<std::size_t>((s.bytes - of_other_fields) / texts);
  const auto all = words(size + (std::size_t{1} << 18));
  const auto before = usage_of_process();
  for (std::int64_t i = 0; i < s.events; ++i) {
    const auto text = [&](std::int64_t n) {
      return std::string_view{all}.substr(static_cast<std::size_t>((texts * i + n) * 1'009) % (all.size() - size),
                                          size);
    };
    while (!p.client().track({.user_id = "user-1234"}, "Order Completed",
                             {{"a", text(0)}, {"b", text(1)}, {"c", text(2)}, {"d", text(3)}}))
      p.client().wait_for_room(seconds{1});
  }
  deliver_all(p.client(), s.events);
  const auto used = usage_of_process().cpu_s - before.cpu_s;
  r["cpu_ns"] = used * 1e9 / static_cast<double>(s.events * s.bytes);
}

void hold(const step& s, row&) {
  test::pipeline p{options_of(s)};
  const std::string filler(82, 'x');
  for (std::int64_t i = 0; i < s.events; ++i)
    if (!p.client().track({.user_id = "user-1234"}, "Order Completed", {{"filler", filler}}))
      throw std::runtime_error("an event was rejected");
  wait_until([&] { return p.client().totals().accepted == static_cast<std::uint64_t>(s.events); });
  p.running().shutdown(milliseconds{10});
}

} // namespace

std::vector<row> run_steps(const std::vector<step>& steps) {
  std::vector<std::unique_ptr<test::process>> running;
  for (const auto& s : steps)
    running.push_back(std::make_unique<test::process>(
        std::vector<std::string>{"/proc/self/exe", "step", s.what, s.persistence, s.url, std::to_string(s.events),
                                 std::to_string(s.seconds), std::to_string(s.bytes)}));
  std::vector<row> rows;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto done = running[i]->wait();
    if (done.status != 0)
      throw std::runtime_error("the step " + steps[i].what + " failed: " + done.err);
    rows.push_back(row::parse(done.out));
  }
  return rows;
}

int step_main(const step& s) {
  row r = row::object();
  try {
    (s.what == "fill"     ? fill
     : s.what == "drain"  ? drain
     : s.what == "share"  ? share
     : s.what == "idle"   ? idle
     : s.what == "stream" ? stream
                          : hold)(s, r);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  r["resident_mib"] = resident_mib().most;
  std::puts(r.dump().c_str());
  return 0;
}

} // namespace sluice::bench
