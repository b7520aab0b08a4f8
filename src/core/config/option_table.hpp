#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/wire/payload.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// A range, ends included.
template <class T>
struct between {
  T low;
  T high;
};

/// Returns the words of an option that has a fixed set of values.
constexpr std::array<std::pair<std::string_view, dead_letters_full>, 2> words_of(dead_letters_full) {
  return {{{"keep_retrying", dead_letters_full::keep_retrying}, {"drop_oldest", dead_letters_full::drop_oldest}}};
}
constexpr std::array<std::pair<std::string_view, delivery_order>, 3> words_of(delivery_order) {
  return {{{"none", delivery_order::none}, {"per_user", delivery_order::per_user}, {"strict", delivery_order::strict}}};
}
constexpr std::array<std::pair<std::string_view, sqlite_durability>, 2> words_of(sqlite_durability) {
  return {{{"full", sqlite_durability::full}, {"normal", sqlite_durability::normal}}};
}
constexpr std::array<std::pair<std::string_view, redis_ack>, 2> words_of(redis_ack) {
  return {{{"memory", redis_ack::memory}, {"fsync", redis_ack::fsync}}};
}

/// Calls `visit(name, member, range, help)` for every option with a range, and `visit(name, member, help)` for the
/// others: the one list of them. `O` is `options` or `const options`.
template <class O, class Visitor>
void for_each_option(O& o, Visitor&& visit) {
  using std::size_t;
  constexpr milliseconds ms{1}, minute{60'000}, hour{3'600'000}, day{86'400'000};
  constexpr size_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
  using count = between<size_t>;
  using time = between<milliseconds>;

  visit("write_key", o.write_key, "identifies the source to the data plane");
  visit("data_plane_url", o.data_plane_url, "the URL to which batches are posted");
  visit("allow_insecure", o.allow_insecure, "permit plain http to another machine");
  visit("enabled", o.enabled, "false: every event is accepted and none is sent");
  visit("flush_at", o.flush_at, count{1, 1'000}, "events that make a batch");
  visit("flush_interval", o.flush_interval, time{ms, day}, "how long an event waits for its batch to fill");
  visit("max_internal_queue_size", o.max_internal_queue_size, count{1, 10'000'000}, "events held in memory at most");
  visit("max_internal_queue_bytes", o.max_internal_queue_bytes, count{64 * kib, 64 * gib},
        "bytes of encoded events held in memory at most");
  visit("high_water", o.high_water, between<double>{0.01, 1.0}, "backpressure starts at this fraction of the bound");
  visit("low_water", o.low_water, between<double>{0.0, 1.0}, "backpressure ends at this fraction of the bound");
  visit("max_batch_bytes", o.max_batch_bytes, count{kib, max_body_bytes},
        "uncompressed bytes of a request body at most");
  visit("max_batch_events", o.max_batch_events, count{1, 1'000}, "events of a batch at most");
  visit("max_event_bytes", o.max_event_bytes, count{256, 16 * mib}, "encoded bytes of one event at most");
  visit("request_linger", o.request_linger, time{ms, minute}, "a batch that holds a request is cut after this");
  visit("request_deadline", o.request_deadline, time{ms, hour}, "after this a request is answered with pending");
  visit("gzip", o.gzip, "compress request bodies");
  visit("persist_window", o.persist_window, count{1, 64}, "batches sent to the persister and not stored yet");
  visit("max_in_flight", o.max_in_flight, count{1, 256}, "deliveries, and connections, at a time");
  visit("ordering", o.ordering, "none, per_user, or strict: what arrives in the order of acceptance");
  visit("persistence", o.persistence, "memory, sqlite:PATH, redis, or a URL of Redis");
  visit("sqlite.durability", o.sqlite.durability, "full (survives a power loss), or normal (survives a kill)");
  visit("http.connect", o.http.connect, time{ms, hour}, "deadline to resolve and connect");
  visit("http.tls", o.http.tls, time{ms, hour}, "deadline of the TLS handshake");
  visit("http.send", o.http.send, time{ms, hour}, "deadline to send the request");
  visit("http.response", o.http.response, time{ms, hour}, "deadline of the response");
  visit("http.total", o.http.total, time{ms, hour}, "deadline of the whole attempt");
  visit("http.max_response_bytes", o.http.max_response_bytes, count{kib, 16 * mib},
        "what is read of a response at most");
  visit("http.ca_file", o.http.ca_file, "PEM file of the authorities to trust");
  visit("http.require_json", o.http.require_json, "a 2xx counts only if its Content-Type is JSON");
  visit("retry.max_attempts", o.retry.max_attempts, between<int>{1, 1'000}, "attempts before a batch is a dead letter");
  visit("retry.base", o.retry.base, time{ms, hour}, "bound of the first delay");
  visit("retry.cap", o.retry.cap, time{ms, day}, "bound of every delay");
  visit("retry.retry_after_cap", o.retry.retry_after_cap, time{milliseconds{0}, day},
        "longest delay that Retry-After can ask for");
  visit("retry.max_age", o.retry.max_age, time{milliseconds{0}, 3'650 * day},
        "age at which a failing batch becomes a dead letter; 0: no limit");
  visit("breaker.failures", o.breaker.failures, between<int>{1, 1'000},
        "consecutive failures that open the circuit breaker");
  visit("breaker.probe", o.breaker.probe, time{ms, hour}, "wait before the first probe");
  visit("breaker.probe_cap", o.breaker.probe_cap, time{ms, day}, "longest wait before a probe");
  visit("breaker.misconfigured_probe", o.breaker.misconfigured_probe, time{ms, hour},
        "wait before a probe while the address or the key is wrong");
  visit("dead_letters.pause_after", o.dead_letters.pause_after, count{1, 1'000'000},
        "burials of one status in a row that pause the queue");
  visit("redis.host", o.redis.host, "the host of Redis");
  visit("redis.port", o.redis.port, between<int>{1, 65'535}, "the port of Redis");
  visit("redis.unix_socket", o.redis.unix_socket, "a path, instead of host and port");
  visit("redis.db", o.redis.db, between<int>{0, 1'000'000}, "the number of the database");
  visit("redis.username", o.redis.username, "a user of Redis's access control lists");
  visit("redis.password", o.redis.password, "the password");
  visit("redis.tls.enabled", o.redis.tls.enabled, "use TLS; a rediss:// URL sets it");
  visit("redis.tls.ca_file", o.redis.tls.ca_file, "PEM file of the authorities to trust for Redis");
  visit("redis.tls.certificate_file", o.redis.tls.certificate_file, "PEM file of this process's certificate");
  visit("redis.tls.key_file", o.redis.tls.key_file, "PEM file of the certificate's key");
  visit("redis.tls.server_name", o.redis.tls.server_name, "the name in Redis's certificate, if it is not the host");
  visit("redis.sentinel.nodes", o.redis.sentinel.nodes, "host[:port],... of Sentinels, instead of host and port");
  visit("redis.sentinel.master", o.redis.sentinel.master, "the name under which they watch the master");
  visit("redis.sentinel.username", o.redis.sentinel.username, "a user of the Sentinels' access control lists");
  visit("redis.sentinel.password", o.redis.sentinel.password, "the Sentinels' password");
  visit("redis.cluster.nodes", o.redis.cluster.nodes, "host[:port],... of a Redis Cluster, instead of host and port");
  visit("redis.connect", o.redis.connect, time{ms, hour}, "deadline to connect");
  visit("redis.command", o.redis.command, time{ms, hour}, "deadline of a round trip");
  visit("redis.ack", o.redis.ack, "memory, or fsync: when a batch counts as stored");
  visit("redis.wait_replicas", o.redis.wait_replicas, between<int>{0, 16}, "replicas that must have a stored batch");
  visit("queue.name", o.queue.name, "the queue in Redis");
  visit("queue.prefix", o.queue.prefix, "the prefix of its name");
  visit("queue.partitions", o.queue.partitions, count{1, 256}, "parts of the queue, fixed when it is made");
  visit("queue.is_multi_processor", o.queue.is_multi_processor, "whether processes share the queue");
  visit("queue.lease", o.queue.lease, time{ms, day}, "how long a lease of a shared queue lasts");
  visit("queue.heartbeat", o.queue.heartbeat, time{ms, day}, "how often leases are extended");
  visit("queue.owner_ttl", o.queue.owner_ttl, time{milliseconds{3'000}, hour}, "silence of a crashed process");
  visit("queue.max_backlog_events", o.queue.max_backlog_events, count{1, 1'000'000'000}, "events in the store at most");
  visit("queue.max_backlog_bytes", o.queue.max_backlog_bytes, count{mib, 1024 * gib}, "bytes in the store at most");
  visit("queue.max_crashes", o.queue.max_crashes, between<int>{1, 1'000'000},
        "crashes with a batch in flight before it is dead");
  visit("queue.adopt", o.queue.adopt, "open a queue that was filled for another destination");
  visit("queue.enqueue_only", o.queue.enqueue_only, "only store events, for other processes to deliver");
  visit("dead_letters.max_events", o.dead_letters.max_events, count{0, 1'000'000'000},
        "events in dead letters at most");
  visit("dead_letters.max_bytes", o.dead_letters.max_bytes, count{0, 1024 * gib}, "bytes of dead letters at most");
  visit("dead_letters.when_full", o.dead_letters.when_full, "keep_retrying, or drop_oldest");
  visit("restarts.max", o.restarts.max, between<int>{0, 1'000}, "failures of actors before the system stops");
  visit("restarts.within", o.restarts.within, time{ms, day}, "the time in which failures count");
  visit("shutdown_deadline", o.shutdown_deadline, time{ms, hour}, "the default deadline of shutdown");
  visit("flush_deadline", o.flush_deadline, time{ms, day}, "the default deadline of flush");
}

} // namespace sluice
