#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/export.hpp"

namespace sluice {

using std::chrono::milliseconds;

/// Deadlines of one HTTP attempt, 1 ms to 1 h each. A phase that takes longer fails the attempt, which is tried again.
struct http_options {
  /// To resolve the host name and to connect. Default 5 s.
  milliseconds connect{5'000};
  /// For the TLS handshake. Default 5 s.
  milliseconds tls{5'000};
  /// To send the request. Default 10 s.
  milliseconds send{10'000};
  /// To receive the whole response, once the request is sent. Default 20 s.
  milliseconds response{20'000};
  /// For the whole attempt. Default 30 s.
  milliseconds total{30'000};
  /// The largest response body in bytes; a larger one costs the connection, but its status counts. 1 KiB to 16 MiB,
  /// default 64 KiB.
  std::size_t max_response_bytes = std::size_t{64} * 1024;
  /// A PEM file of certificate authorities to trust instead of the system's. `validate` reads it. Default: empty, the
  /// system's.
  std::string ca_file{};
  /// Whether a 2xx counts only if its `Content-Type` is JSON. Another one, as that of a captive portal's page, then
  /// means that the destination is misconfigured. Default false: any 2xx counts.
  bool require_json = false;
};

/// When a failed attempt is repeated. The delay after attempt n is uniform in [0, min(cap, base * 2^(n-1))].
struct retry_options {
  /// Attempts, the first included, before a batch becomes a dead letter. 1 to 1000, default 10.
  int max_attempts = 10;
  /// Bound of the first delay; it doubles with every attempt. 1 ms to `cap`, default 500 ms.
  milliseconds base{500};
  /// Bound of every delay. 1 ms to 1 day, default 60 s.
  milliseconds cap{60'000};
  /// The longest delay that a server's `Retry-After` can ask for. 0 to 1 day, default 15 min.
  milliseconds retry_after_cap{15 * 60'000};
  /// A batch that fails after being stored for this long becomes a dead letter. 0 to 10 years, default 0: no limit.
  milliseconds max_age{0};
};

/// The circuit breaker: when deliveries are suspended because of the destination, and how often it is probed then. A
/// failed probe counts no attempt, so an outage of any length buries nothing.
struct breaker_options {
  /// Consecutive connection failures, timeouts or 502–504 responses that open the circuit breaker. 1 to 1000, default
  /// 10; a value above `retry.max_attempts` means the same as that. The last of them counts no attempt. A 429 opens the
  /// breaker at once, for as long as the server asks.
  int failures = 10;
  /// The wait before the first probe; it doubles with every failed probe. 1 ms to `probe_cap`, default 500 ms.
  milliseconds probe{500};
  /// The longest wait before a probe. 1 ms to 1 day, default 15 s. Every wait is varied by up to 20 % at random.
  milliseconds probe_cap{15'000};
  /// The wait before a probe while the destination is misconfigured: its address or its key is wrong (a redirect, 401,
  /// 403, 404, …). Nothing is buried meanwhile. 1 ms to 1 h, default 30 s.
  milliseconds misconfigured_probe{30'000};
};

/// Whether batches arrive in the order of acceptance.
enum class delivery_order : std::uint8_t {
  none, ///< Batches may overtake one another.
  /// The events of a user arrive in the order of acceptance, those of different users at the same time.
  per_user,
  strict ///< One delivery at a time; a batch that waits to be tried again holds up all later ones.
};

/// What happens to a batch that should be buried while the dead letters are full.
enum class dead_letters_full : std::uint8_t {
  keep_retrying, ///< The batch stays in retry and is tried again every minute.
  drop_oldest    ///< The oldest dead letter is purged, counted and reported.
};

/// Bounds of the dead letters.
struct dead_letter_options {
  /// The most events in dead letters. 0 to 1 billion, default 1 million.
  std::size_t max_events = 1'000'000;
  /// The most bytes of their payloads. 0 to 1 TiB, default 1 GiB.
  std::size_t max_bytes = std::size_t{1} << 30;
  /// What happens past either bound. Default `keep_retrying`.
  dead_letters_full when_full = dead_letters_full::keep_retrying;
  /// The burial guard: after this many burials of one status in a row, with no delivery in between, the queue is paused
  /// until an operator resumes it. 1 to 1 million, default 20.
  std::size_t pause_after = 20;
};

/// What a stored event survives in SQLite.
enum class sqlite_durability : std::uint8_t {
  full,  ///< a power loss: every commit waits for the disk
  normal ///< the kill of the process
};

/// The queue in an SQLite file.
struct sqlite_options {
  /// What a stored event survives. Default `full`.
  sqlite_durability durability = sqlite_durability::full;
};

/// When Redis has stored a batch.
enum class redis_ack : std::uint8_t {
  memory, ///< when Redis has it in memory; Redis's own configuration says when it is written to disk
  fsync   ///< when the append-only file is synced to disk; requires Redis 7.2 with AOF
};

/// TLS on the connections to Redis, to Sentinels as well. Whoever answers must have a certificate for its name or
/// address from an authority that is trusted; nothing turns that off.
struct redis_tls_options {
  /// Default false; a `rediss` URL sets it. Not for a Unix socket.
  bool enabled = false;
  /// A PEM file of the authorities that are trusted. `validate` reads it and the other files, which only TLS may have.
  /// Default: empty, those of the system.
  std::string ca_file{};
  /// A PEM file of a certificate, and of those up to its authority, that says who this process is. With `key_file`.
  /// Default: empty, none.
  std::string certificate_file{};
  /// A PEM file of the certificate's key, without a passphrase. Default: empty, none.
  std::string key_file{};
  /// The name that the server's certificate must be for, which is also asked for (SNI). Default: empty, the host.
  std::string server_name{};
};

/// Sentinels, which know what server is the master at any time. Used instead of `redis_options::host` and `port` if
/// `nodes` is not empty.
struct redis_sentinel_options {
  /// `host[:port],…`, at most 32, IPv6 addresses in brackets; the port is 26379 unless it is said. Not with a Unix
  /// socket. Default: empty, no Sentinels.
  std::string nodes{};
  /// The name under which they watch the master: letters, digits, hyphens, underscores and dots. Default: empty; it
  /// must be said.
  std::string master{};
  /// A user of the Sentinels' access control lists. Default: empty, their default user.
  std::string username{};
  /// Of the Sentinels, which have no other's. A secret, as `redis_options::password`. Default: empty, none.
  std::string password{};
};

/// A Redis Cluster, whose nodes know which of them serves the queue at any time. Used instead of `redis_options::host`
/// and `port` if `nodes` is not empty.
struct redis_cluster_options {
  /// `host[:port],…` of nodes to ask, at most 32, IPv6 addresses in brackets; the port is 6379 unless it is said. Not
  /// with a Unix socket, with Sentinels or with another database than 0. Default: empty, no cluster.
  std::string nodes{};
};

/// Where Redis is. Used if `persistence` is `redis` or a Redis URL; the parts of the URL take precedence.
struct redis_options {
  /// A host name or an address. Default `localhost`.
  std::string host = "localhost";
  /// 1 to 65535, default 6379.
  int port = 6379;
  /// The path of a Unix socket, used instead of `host` and `port`. Default: empty, TCP.
  std::string unix_socket{};
  /// The number of the database. 0 to 1 million, default 0.
  int db = 0;
  /// A user of Redis's access control lists. Default: empty, Redis's default user.
  std::string username{};
  /// A secret: never logged, stored or put into an error. Default: empty, no authentication.
  std::string password{};
  /// Deadline to connect, with name resolution and authentication. 1 ms to 1 h, default 2 s.
  milliseconds connect{2'000};
  /// Deadline of a round trip. A unit of work takes no longer than this and `connect`. 1 ms to 1 h, default 5 s.
  milliseconds command{5'000};
  /// When a batch counts as stored. Default `memory`.
  redis_ack ack = redis_ack::memory;
  /// Replicas that must have a batch before it counts as stored. 0 to 16, default 0.
  int wait_replicas = 0;
  redis_tls_options tls{};           ///< TLS.
  redis_sentinel_options sentinel{}; ///< Sentinels.
  redis_cluster_options cluster{};   ///< A Redis Cluster.
};

/// The queue in the store.
struct queue_options {
  /// With `prefix` the name of a queue in Redis, `{prefix:name}`. 1 to 256 printable ASCII characters without spaces
  /// and braces; neither a number nor one behind a colon at the end, as in `a:1`. Default `hightouchEventsQueue`.
  std::string name = "hightouchEventsQueue";
  /// As `name`. Default `hightouch`.
  std::string prefix = "hightouch";
  /// How many parts the queue has, each with an order, leases and bounds of its own: the bounds of this struct and of
  /// the dead letters are divided among them, and each share must hold a batch. Another number than the queue has is an
  /// error; `sluice repartition` changes it. 1 to 256, default 1.
  std::size_t partitions = 1;
  /// Whether any number of processes share the queue (Redis only). Default false: one process owns it.
  bool is_multi_processor = false;
  /// How long a lease lasts in a shared queue; then another process may deliver the batch. At least `http.total` + 5 s,
  /// at most 1 day; default 60 s.
  milliseconds lease{60'000};
  /// How often leases are extended in a shared queue. 1 ms to half of `lease`, default 15 s.
  milliseconds heartbeat{15'000};
  /// After this long without a unit of work a process counts as crashed. Every process applies one at least once a
  /// second. 3 s to 1 h, default 10 s.
  milliseconds owner_ttl{10'000};
  /// The most events that wait in the store; past it the store takes no new batches and the buffer fills up.
  /// `max_batch_events` to 1 billion, default 10 million.
  std::size_t max_backlog_events = 10'000'000;
  /// The most bytes that wait in the store, with the same effect. 1 MiB to 1 TiB, default 4 GiB.
  std::size_t max_backlog_bytes = std::size_t{4} << 30;
  /// A batch that was in flight during more crashes than this becomes a dead letter with the reason `poison`. 1 to 1
  /// million, default 100.
  int max_crashes = 100;
  /// Whether to open a queue that was filled for another `data_plane_url` or `write_key`. Default false: the error is
  /// `other_destination`.
  bool adopt = false;
  /// Whether this process only stores events, for other processes to deliver, also while they do. An event that is
  /// stored is no longer its concern: `flush` and `shutdown` count it as stored. Needs a durable store. Default false.
  bool enqueue_only = false;
};

/// How often actors may fail before the system stops.
struct restart_options {
  /// Failures of all actors together. 0 to 1000, default 5.
  int max = 5;
  /// The time in which they count. 1 ms to 1 day, default 60 s.
  milliseconds within{60'000};
};

/// The severity of a log line.
enum class log_level : std::uint8_t {
  debug,   ///< for developers of Sluice
  info,    ///< a change of state that is expected
  warning, ///< something failed and will be tried again
  error    ///< something failed that an operator must mend
};

/// Receives the library's log lines. Any of its threads may call it, several at the same time. Must not throw.
using log_hook = std::function<void(log_level, std::string_view)>;

/// All options with their defaults. `docs/options.md` lists them with the Node SDK's names. `validate` checks them;
/// `options_from` (`config.hpp`) reads them from a CAF configuration.
struct options {
  /// Identifies the source to the data plane. Required if `enabled`; at most 1024 printable ASCII characters without
  /// spaces and colons. A secret: never logged, stored or put into an error.
  std::string write_key{};
  /// An `http` or `https` URL. Its path is `/v1/batch` unless the URL has one.
  std::string data_plane_url = "https://us-east-1.hightouch-events.com";
  /// Whether plain `http` to another machine is permitted. Default false.
  bool allow_insecure = false;
  /// False: every event is accepted and none is sent. Default true.
  bool enabled = true;

  /// Events that make a batch. 1 to `max_batch_events`, default 20.
  std::size_t flush_at = 20;
  /// The longest that an event waits for its batch to fill. 1 ms to 1 day, default 20 s.
  milliseconds flush_interval{20'000};
  /// The most events held in memory; more are rejected. 1 to 10 million, default 20 000.
  std::size_t max_internal_queue_size = 20'000;
  /// The most bytes of encoded events held in memory; more are rejected. 64 KiB to 64 GiB, default 64 MiB.
  std::size_t max_internal_queue_bytes = std::size_t{64} << 20;
  /// Backpressure starts when this fraction of either bound is in use. 0.01 to 1, default 0.8.
  double high_water = 0.8;
  /// Backpressure ends when no more than this fraction is in use. 0 to below `high_water`, default 0.5.
  double low_water = 0.5;
  /// The most uncompressed bytes of a request body. 1 KiB to 16 MiB, default 450 KiB.
  std::size_t max_batch_bytes = std::size_t{450} * 1024;
  /// The most events of a batch. A batch grows beyond `flush_at` while the store is behind. 1 to 1000, default 500.
  std::size_t max_batch_events = 500;
  /// The most encoded bytes of one event; a larger one is rejected. 256 bytes to `max_batch_bytes` - 256, default 32
  /// KiB.
  std::size_t max_event_bytes = std::size_t{32} * 1024;
  /// The longest that a request waits for its batch to fill. 1 ms to 1 min, default 50 ms.
  milliseconds request_linger{50};
  /// A request that is not stored after this long is answered with `errc::pending`. 1 ms to 1 h, default 15 s.
  milliseconds request_deadline{15'000};
  /// Whether request bodies are compressed. Default true.
  bool gzip = true;
  /// The most batches that the buffer has sent to the persister and that are not stored yet. 1 to 64, default 32.
  std::size_t persist_window = 32;
  /// The most deliveries, and connections, at a time; eight times as many batches are leased. 1 to 256, default 8.
  std::size_t max_in_flight = 8;
  /// `per_user`: the events of a user arrive in the order of acceptance; needs `queue.partitions` above 1, each of
  /// which delivers one batch at a time. `strict`: batches arrive in the order of acceptance, one delivery at a time
  /// whatever `max_in_flight` is; needs one partition, and a queue that is not shared. Default `none`.
  delivery_order ordering = delivery_order::none;

  /// The store: `memory`; `sqlite:PATH`, a file; `redis`, see `redis_options`;
  /// `redis://[user[:password]@]host[:port][/db]`; `redis+unix://[user[:password]@]/path[?db=N]`;
  /// `redis+sentinel://[user[:password]@]host[:port],…/master[/db]`, whose hosts are Sentinels, and whose user and
  /// password are those of Redis; or `redis+cluster://[user[:password]@]host[:port],…`, whose hosts are nodes of a
  /// Redis Cluster. `rediss://`, `rediss+sentinel://` and `rediss+cluster://` use TLS. Default `memory`.
  std::string persistence = "memory";

  http_options http{};                ///< Deadlines of an attempt.
  retry_options retry{};              ///< Retries.
  breaker_options breaker{};          ///< The circuit breaker.
  queue_options queue{};              ///< The queue in the store.
  sqlite_options sqlite{};            ///< The queue in an SQLite file.
  redis_options redis{};              ///< Where Redis is.
  dead_letter_options dead_letters{}; ///< Bounds of the dead letters.
  restart_options restarts{};         ///< Restarts of failed actors.

  /// The deadline of a `shutdown` that has none. 1 ms to 1 h, default 10 s.
  milliseconds shutdown_deadline{10'000};
  /// The deadline of a `flush` that has none. 1 ms to 1 day, default 30 s.
  milliseconds flush_deadline{30'000};

  /// Receives log lines. Default: empty, they go to the logger of the actor system, under the component `sluice`.
  log_hook log{};
};

/// Returns every error in `o`, each an `errc::invalid_option` with the option's full name as its field and what the
/// option must be as its message; empty if there is none. Never contains the value of a secret. Any thread may call it.
SLUICE_API std::vector<error> validate(const options& o);

} // namespace sluice
