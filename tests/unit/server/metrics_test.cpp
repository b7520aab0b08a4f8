#include "support/catch.hpp"

#include "server/metrics.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("a histogram counts events up to each end, and sums what they took", "[unit][server]") {
  meters m;
  m.accepted_to_stored.observe(1ms, 2);
  m.accepted_to_stored.observe(1'001us, 1);
  m.accepted_to_stored.observe(1min, 5);
  const auto text = metrics_text({}, m, {});
  for (const auto* line :
       {R"(sluice_accepted_to_stored_seconds_bucket{le="0.001"} 2)",
        R"(sluice_accepted_to_stored_seconds_bucket{le="0.0025"} 3)",
        R"(sluice_accepted_to_stored_seconds_bucket{le="10"} 3)",
        R"(sluice_accepted_to_stored_seconds_bucket{le="60"} 8)",
        R"(sluice_accepted_to_stored_seconds_bucket{le="+Inf"} 8)", "sluice_accepted_to_stored_seconds_sum 300.003001",
        "sluice_accepted_to_stored_seconds_count 8"}) {
    INFO(line);
    CHECK(has_line(text, line));
  }
}

TEST_CASE("deliveries are counted by the first digit of their status", "[unit][server]") {
  meters m;
  for (const int status : {0, 200, 204, 301, 400, 429, 503, 999, -1})
    m.deliveries.count(status);
  const auto text = metrics_text({}, m, {});
  CHECK(has_line(text, R"(sluice_deliveries_total{status="none"} 2)"));
  CHECK(has_line(text, R"(sluice_deliveries_total{status="2xx"} 2)"));
  CHECK(has_line(text, R"(sluice_deliveries_total{status="4xx"} 2)"));
  CHECK(has_line(text, R"(sluice_deliveries_total{status="5xx"} 2)"));
}

TEST_CASE("of a queue that cannot be seen there are no metrics", "[unit][server]") {
  const meters m;
  system_view view;
  CHECK(metrics_text(view, m, {}).find("sluice_queue_") == std::string::npos);
  view.queue.emplace().retry = 7;
  view.queue->oldest_ready = store_time{1h};
  const auto text = metrics_text(view, m, {});
  CHECK(has_line(text, R"(sluice_queue_events{state="retry"} 7)"));
  CHECK(!has_line(text, R"(sluice_queue_oldest_age_seconds{state="ready"} 0.000)"));
  CHECK(has_line(text, R"(sluice_queue_oldest_age_seconds{state="dead"} 0.000)"));
}

TEST_CASE("failures are counted by the actor and by the kind of error", "[unit][server]") {
  meters m;
  m.restarts.count(restarted_actor::retry);
  m.store_errors.count(errc::store_failed);
  m.store_errors.count(errc::invalid_json);
  const auto text = metrics_text({}, m, {});
  CHECK(has_line(text, R"(sluice_actor_restarts_total{actor="retry_scheduler"} 1)"));
  CHECK(has_line(text, R"(sluice_actor_restarts_total{actor="server_actor"} 0)"));
  CHECK(has_line(text, R"(sluice_store_errors_total{kind="store_failed"} 1)"));
  CHECK(has_line(text, R"(sluice_store_errors_total{kind="other"} 1)"));
}
