#include "simulation/scenario.hpp"

#include "support/virtual_system.hpp"

namespace sluice::test {

scenario draw_scenario(chance& c) {
  scenario s;
  s.durable = c.percent(80);
  const bool is_shared = s.durable && c.percent(60);
  s.processes = is_shared ? c.between(1, 5) : 1;
  s.too_many = c.percent(20) ? c.between(1, 10) : 1'000;
  s.actions = c.between(5, 60);
  options& o = s.settings = virtual_system::defaults();
  if (c.percent(50))
    o.queue.partitions = c.between(2, 5);
  s.in_order = (!is_shared || o.queue.partitions > 1) && c.percent(40);
  if (s.in_order)
    o.ordering = o.queue.partitions > 1 ? delivery_order::per_user : delivery_order::strict;
  o.flush_at = c.between(1, 20);
  o.max_batch_events = c.between(o.flush_at, 60);
  o.flush_interval = milliseconds{c.between(1, 500)};
  o.max_internal_queue_size = c.between(o.max_batch_events, 400);
  o.max_internal_queue_bytes = std::size_t{64} * 1024;
  o.request_linger = milliseconds{c.between(1, 50)};
  o.request_deadline = milliseconds{c.between(50, 1'000)};
  o.gzip = c.percent(10);
  o.persist_window = c.between(1, 6);
  o.max_in_flight = o.ordering == delivery_order::strict ? 1 : c.between(2, 8);
  // Nothing but a poisonous event dies, unless attempts are few.
  o.retry.max_attempts = c.percent(20) ? 4 : 1'000;
  o.retry.base = milliseconds{c.between(1, 50)};
  o.retry.cap = milliseconds{c.between(50, 500)};
  o.retry.retry_after_cap = milliseconds{5'000};
  o.breaker.failures = static_cast<int>(c.between(1, 8));
  o.breaker.probe = milliseconds{c.between(1, 100)};
  o.breaker.probe_cap = milliseconds{c.between(100, 1'000)};
  o.breaker.misconfigured_probe = milliseconds{c.between(10, 1'000)};
  o.dead_letters.pause_after = c.between(3, 20);
  if (c.percent(30)) {
    o.queue.max_backlog_events = c.between(o.max_batch_events, 300) * o.queue.partitions;
    o.queue.max_backlog_bytes = (std::size_t{1} << 20) * o.queue.partitions;
  }
  o.restarts.max = 1'000;
  if (is_shared)
    o.persistence = "redis";
  o.queue.is_multi_processor = is_shared;
  o.queue.owner_ttl = milliseconds{c.between(3'000, 6'000)};
  o.http.total = milliseconds{3'000};
  o.queue.lease = milliseconds{c.between(8'000, 12'000)};
  o.queue.heartbeat = milliseconds{c.between(1'000, 4'000)};
  if (s.durable && c.percent(15))
    o.queue.max_crashes = static_cast<int>(c.between(1, 3));
  if (s.durable && c.percent(15)) {
    o.dead_letters.max_events = c.between(o.max_batch_events, 100) * o.queue.partitions;
    o.dead_letters.when_full = dead_letters_full::drop_oldest;
  }
  return s;
}

} // namespace sluice::test
