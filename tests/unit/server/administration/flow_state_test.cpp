#include "support/catch.hpp"

#include "core/delivery/health_words.hpp"
#include "server/administration/flow_state.hpp"
#include "server/administration/history.hpp"
#include "server/administration/status_json.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("of the states that apply the most serious one is told", "[unit][server][admin]") {
  system_view v;
  CHECK(state_of(v) == flow_state::idle);
  v.system.totals.waiting = 1;
  CHECK(state_of(v) == flow_state::flowing);
  v.queue.emplace();
  CHECK(state_of(v) == flow_state::idle);
  v.queue->retry = 1;
  CHECK(state_of(v) == flow_state::flowing);
  v.system.suspended = "HTTP 503" + std::string{unavailable_ending};
  CHECK(state_of(v) == flow_state::unavailable);
  CHECK(destination_health(v.system) == std::string{"unavailable"});
  v.system.suspended = "HTTP 401" + std::string{misconfigured_ending};
  CHECK(state_of(v) == flow_state::misconfigured);
  CHECK(destination_health(v.system) == std::string{"misconfigured"});
  CHECK(words_of(v) == "deliveries are suspended: " + v.system.suspended);
  v.queue->paused = true;
  CHECK(state_of(v) == flow_state::paused);
  CHECK(words_of(v) == paused_words);
  v.system.suspended = "20 batches in a row are dead" + std::string{guard_ending};
  CHECK(state_of(v) == flow_state::paused_by_guard);
  CHECK(destination_health(v.system) == std::string{"healthy"});
  v.store_error = "no answer";
  CHECK(state_of(v) == flow_state::store_failed);
  v.intake_is_open = false;
  CHECK(state_of(v) == flow_state::stopping);
}

TEST_CASE("a process that its host has paused is paused, also when it was only this process", "[unit][server][admin]") {
  system_view v;
  v.system.paused = true;
  CHECK(state_of(v) == flow_state::paused);
}

TEST_CASE("a state began when it was first seen", "[unit][server][admin]") {
  state_clock c;
  CHECK(c.note(flow_state::idle, store_time{1s}) == store_time{1s});
  CHECK(c.note(flow_state::idle, store_time{2s}) == store_time{1s});
  CHECK(c.note(flow_state::paused, store_time{3s}) == store_time{3s});
  CHECK(c.note(flow_state::idle, store_time{4s}) == store_time{4s});
}

TEST_CASE("a status has ages, also of moments that no clock shows, and no secret of the URL", "[unit][server][admin]") {
  system_view v;
  v.queue.emplace();
  v.queue->oldest_ready = store_time{1s};
  v.queue->next_retry = store_time::max();
  v.queue->oldest_dead = store_time::min();
  v.queue->owners.push_back({.name = "p", .health = {}, .said = store_time{9s}});
  v.system.totals = {.accepted = 5, .delivered = 2, .dead = 1, .recovered = 0, .lost = 1, .waiting = 1};
  const auto s = status_json(v, {.now = store_time{10s}, .data_plane_url = "https://h/p?secret=1"});
  CHECK(s["queue"]["oldest_ready_ms"] == 9'000);
  CHECK(s["queue"]["next_retry_ms"] == std::int64_t{1} << 53U);
  CHECK(s["queue"]["oldest_dead_ms"] == std::int64_t{1} << 53U);
  CHECK(s["queue"]["owners"][0]["said_ms_ago"] == 1'000);
  CHECK(s["ledger"]["adds_up"] == true);
  CHECK(s["destination"]["url"] == "https://h/p");
  CHECK(s["destination"]["next_probe_ms"].is_null());
  v.until_probe = 1500ms;
  CHECK(status_json(v, {})["destination"]["next_probe_ms"] == 1500);
  v.system.totals.lost = 0;
  CHECK(status_json(v, {})["ledger"]["adds_up"] == false);
  v.queue.reset();
  CHECK(status_json(v, {})["queue"].is_null());
}

TEST_CASE("half of what took place is below the median, within its bucket", "[unit][server][admin]") {
  CHECK_FALSE(quantile_ms({}, 0.5));
  duration_histogram h;
  h.observe(2ms, 100); // 1 ms to 2.5 ms
  CHECK(quantile_ms(h.all(), 0.5) == 1.75);
  h.observe(7ms, 100); // 5 ms to 10 ms
  CHECK(quantile_ms(h.all(), 0.5) == 2.5);
  CHECK(quantile_ms(h.all(), 0.75) == 7.5);
  h.observe(24h, 10'000);
  CHECK(quantile_ms(h.all(), 0.99) == 3'600'000);
}

TEST_CASE("the history has what has happened since the sample before, for an hour", "[unit][server][admin]") {
  history h;
  system_view v;
  v.system.totals.accepted = 10;
  v.queue.emplace();
  v.queue->oldest_ready = store_time{1s};
  h.add(v, store_time{3s});
  v.to_delivered[1] = 4;
  v.system.totals.accepted = 15;
  v.system.totals.dead = 2;
  v.queue->oldest_ready = store_time{20s}; // a store's clock may be ahead
  h.add(v, store_time{13s});
  REQUIRE(h.samples().size() == 2);
  CHECK(h.samples()[0].accepted == 0); // nobody knows when they came
  CHECK(h.samples()[0].oldest_ready == 2s);
  CHECK_FALSE(h.samples()[0].to_delivered_p50_ms);
  CHECK(h.samples()[1].to_delivered_p50_ms == 1.75);
  CHECK(h.samples()[1].accepted == 5);
  CHECK(h.samples()[1].dead == 2);
  CHECK_FALSE(h.samples()[1].oldest_ready);
  for (int i = 0; i < 400; ++i)
    h.add({}, store_time{std::chrono::seconds{100 + i}});
  CHECK(h.samples().size() == history::most);
  const auto json = json_of(h);
  CHECK(json["every_ms"] == 10'000);
  CHECK(json["samples"].back()["at_ms"] == 499'000);
  CHECK(json["samples"].back()["ready"].is_null());
}
