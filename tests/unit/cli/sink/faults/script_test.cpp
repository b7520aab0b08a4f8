#include "support/catch.hpp"

#include "cli/sink/faults/script.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

int status_at(const fault_script& s, std::uint64_t number, std::chrono::milliseconds since_start = 0ms) {
  return s.on_request(number, since_start).status;
}

// Which of the first requests a rate hits.
std::vector<std::uint64_t> hits(double rate, std::uint64_t seed, std::uint64_t requests) {
  const fault_script script{{{.when = {.rate = rate}, .effect = {.status = 503}}}, seed};
  std::vector<std::uint64_t> all;
  for (std::uint64_t n = 1; n <= requests; ++n)
    if (status_at(script, n) == 503)
      all.push_back(n);
  return all;
}

} // namespace

TEST_CASE("a request that no rule matches is taken, and nothing is done to it", "[cli][script]") {
  const auto f = fault_script{{{.when = {.first = 2}, .effect = {.status = 503}}}, 1}.on_request(1, 0ms);
  CHECK(f.status == 200);
  CHECK(f.takes_events());
  CHECK(f.latency == 0ms);
  CHECK(f.cut == fault_cut::none);
}

TEST_CASE("a range of requests includes its ends", "[cli][script]") {
  const fault_script script{{{.when = {.first = 5, .last = 10}, .effect = {.status = 503}}}, 1};
  CHECK(status_at(script, 4) == 200);
  CHECK(status_at(script, 5) == 503);
  CHECK(status_at(script, 10) == 503);
  CHECK(status_at(script, 11) == 200);
}

TEST_CASE("a span of time includes its beginning and not its end", "[cli][script]") {
  const fault_script script{{{.when = {.after = 1s, .until = 3s}, .effect = {.status = 503}}}, 1};
  CHECK(status_at(script, 1, 999ms) == 200);
  CHECK(status_at(script, 1, 1s) == 503);
  CHECK(status_at(script, 1, 2'999ms) == 503);
  CHECK(status_at(script, 1, 3s) == 200);
}

TEST_CASE("all that selects must hold, and the first rule that matches decides", "[cli][script]") {
  const fault_script script{{{.when = {.last = 3, .after = 1s}, .effect = {.status = 500}},
                             {.when = {.rate = 0}, .effect = {.status = 501}},
                             {.effect = {.status = 502}},
                             {.effect = {.status = 503}}},
                            1};
  CHECK(status_at(script, 3, 1s) == 500);
  CHECK(status_at(script, 3, 0s) == 502);
  CHECK(status_at(script, 4, 1s) == 502);
}

TEST_CASE("a rate meets its part of the requests, the same ones for the same seed", "[cli][script]") {
  const auto some = hits(0.2, 7, 10'000);
  CHECK(some.size() > 1'880); // 2000, and three standard deviations
  CHECK(some.size() < 2'120);
  CHECK(hits(0.2, 7, 10'000) == some);
  CHECK(hits(0.2, 8, 10'000) != some);
  CHECK(hits(0, 7, 1'000).empty());
  CHECK(hits(1, 7, 1'000).size() == 1'000);
}

TEST_CASE("two rules with a rate draw each their own lot", "[cli][script]") {
  const fault_script script{
      {{.when = {.rate = 0.5}, .effect = {.status = 502}}, {.when = {.rate = 0.5}, .effect = {.status = 503}}}, 7};
  int second = 0;
  for (std::uint64_t n = 1; n <= 10'000; ++n)
    second += status_at(script, n) == 503 ? 1 : 0;
  CHECK(second > 2'370); // a quarter: what the first leaves, and half of it
  CHECK(second < 2'630);
}

TEST_CASE("rules of the handshake are about connections, the others about requests", "[cli][script]") {
  const fault_script script{{{.when = {.until = 1s}, .cuts_handshake = true}, {.effect = {.cut = fault_cut::after}}},
                            1};
  CHECK(script.cuts_handshake(1, 0s));
  CHECK(!script.cuts_handshake(1, 1s));
  CHECK(script.on_request(1, 0s).cut == fault_cut::after);
}

TEST_CASE("events are taken with a 2xx, unless the connection is closed before", "[cli][script]") {
  CHECK(fault{.status = 204}.takes_events());
  CHECK(fault{.cut = fault_cut::after}.takes_events());
  CHECK(fault{.cut = fault_cut::inside}.takes_events());
  CHECK(fault{.garbage = true}.takes_events());
  CHECK(!fault{.cut = fault_cut::before}.takes_events());
  CHECK(!fault{.status = 503, .cut = fault_cut::after}.takes_events());
}
