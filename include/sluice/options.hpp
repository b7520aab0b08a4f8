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

/// Deadlines of one HTTP attempt. Each counts from the start of its phase; `total` is over all of them.
struct http_options {
  milliseconds connect{5'000};
  milliseconds tls{5'000};
  milliseconds send{10'000};
  milliseconds response{20'000};
  milliseconds total{30'000};
  /// A longer response is cut off and counts as a failure to read. 1 KiB to 16 MiB.
  std::size_t max_response_bytes = std::size_t{64} * 1024;
  /// A PEM file with the authorities to trust instead of the system's; empty: the system's.
  std::string ca_file{};
};

/// When to try again.
struct retry_options {
  /// Sends of one batch, the first included, before it becomes a dead letter. 1 to 1000.
  int max_attempts = 10;
  /// The delay after attempt n is uniform in [0, min(cap, base * 2^(n-1))].
  milliseconds base{500};
  milliseconds cap{60'000};
  /// What a server's `Retry-After` may ask for at most.
  milliseconds retry_after_cap{15 * 60'000};
  /// A batch that fails when it has been in the store for this long is not tried again. 0, no limit, to 10 years.
  milliseconds max_age{0};
};

/// The circuit breaker: when deliveries are suspended because of the destination, and how often it is probed then. A
/// probe that fails counts no attempt, so that no outage buries anything.
struct breaker_options {
  /// Consecutive connection failures, timeouts or 502–504 responses that open the circuit breaker. 1 to 1000, at most
  /// `retry.max_attempts`. The last of them counts no attempt. A 429 opens it at once, for as long as the server asks.
  int failures = 10;
  /// The wait before the first probe. It doubles with every probe that fails. 1 ms to 1 h.
  milliseconds probe{500};
  /// The longest wait before a probe. Each wait is up to 20 % longer or shorter, at random. 1 ms to 1 day.
  milliseconds probe_cap{15'000};
  /// The wait before a probe while the destination is misconfigured: its address or its key is wrong (a redirect, 401,
  /// 403, 404, …). Nothing is buried meanwhile. 1 ms to 1 h.
  milliseconds misconfigured_probe{30'000};
};

/// Whether batches arrive in the order of acceptance.
enum class delivery_order : std::uint8_t { none, strict };

/// What to do when the dead letters are full.
enum class dead_letters_full : std::uint8_t {
  keep_retrying, ///< A batch that should be buried stays in retry, a minute at a time.
  drop_oldest    ///< The oldest dead letter is purged, counted and reported.
};

/// Bounds of the dead letters.
struct dead_letter_options {
  std::size_t max_events = 1'000'000;
  std::size_t max_bytes = std::size_t{1} << 30;
  dead_letters_full when_full = dead_letters_full::keep_retrying;
  /// The burial guard: after this many burials of one status in a row, with no delivery in between, the queue is paused
  /// until an operator resumes it. 1 to 1 million.
  std::size_t pause_after = 20;
};

/// What a stored event survives in SQLite.
enum class sqlite_durability : std::uint8_t {
  full,  ///< a power loss: every commit waits for the disk
  normal ///< the kill of the process
};

struct sqlite_options {
  sqlite_durability durability = sqlite_durability::full;
};

/// What a store that has said "stored" must have done in Redis.
enum class redis_ack : std::uint8_t {
  memory, ///< Redis has it, and writes it down as its configuration says
  fsync   ///< it is in the append-only file and synced to disk; needs Redis 7.2 with AOF
};

/// Where Redis is. Used if `persistence` is `redis`; what a URL in `persistence` names goes before.
struct redis_options {
  std::string host = "localhost";
  /// 1 to 65535.
  int port = 6379;
  /// A path; if set, `host` and `port` are not used.
  std::string unix_socket{};
  int db = 0;
  /// A user of Redis's access control lists; empty: the default one.
  std::string username{};
  /// A secret: never logged, stored or put into an error.
  std::string password{};
  /// Deadline to connect.
  milliseconds connect{2'000};
  /// Deadline for each wait to send or receive.
  milliseconds command{5'000};
  redis_ack ack = redis_ack::memory;
  /// Replicas that must have a batch before it counts as stored. 0 to 16.
  int wait_replicas = 0;
};

/// The queue that waits in the store.
struct queue_options {
  /// With `prefix` the name of a queue in Redis: `{prefix:name}`. No braces, spaces or control characters.
  std::string name = "hightouchEventsQueue";
  std::string prefix = "hightouch";
  /// Whether any number of processes process the queue in Redis, or one.
  bool is_multi_processor = false;
  /// How long a delivery may take before another process may try the batch, in a shared queue; above `http.total` by
  /// 5 s or more.
  milliseconds lease{60'000};
  /// How often leases are extended, in a shared queue. At most half of `lease`.
  milliseconds heartbeat{15'000};
  /// After this without a sign a process is taken for dead. It gives one with every unit of work, once a second at
  /// least. 3 s to 1 hour.
  milliseconds owner_ttl{10'000};
  /// What waits at most; past it the persister takes nothing more and the buffer pushes back.
  std::size_t max_backlog_events = 10'000'000;
  std::size_t max_backlog_bytes = std::size_t{4} << 30;
  /// A batch that was in flight at this many crashes of a process is dead, as `poison`. 1 to 1 million.
  int max_crashes = 100;
  /// Permits to open a queue that was filled for another `data_plane_url` or `write_key`.
  bool adopt = false;
};

/// How often actors may fail before the system stops.
struct restart_options {
  int max = 5;
  milliseconds within{60'000};
};

/// How bad it is.
enum class log_level : std::uint8_t { debug, info, warning, error };

/// Where the library's words go. Called from any of its threads, also at the same time; must not throw.
using log_hook = std::function<void(log_level, std::string_view)>;

/// Everything that can be set, with its default. The reference's spelling is in `README.md`.
/// `validate` says what is wrong with it; `options_from` (`config.hpp`) reads it from a CAF configuration.
struct options {
  /// Names the source at the data plane. Required. A secret: never logged, stored or put into an error.
  std::string write_key{};
  /// `http` or `https`; the path is `/v1/batch` unless the URL has one.
  std::string data_plane_url = "https://us-east-1.hightouch-events.com";
  /// Permits plain `http` to a host that is not this machine.
  bool allow_insecure = false;
  /// False: everything is accepted and goes nowhere.
  bool enabled = true;

  /// Events that make a batch. 1 to `max_batch_events`.
  std::size_t flush_at = 20;
  /// How long an event may wait for its batch to fill. 1 ms to 1 day.
  milliseconds flush_interval{20'000};
  /// Events held in memory at most; more are rejected. 1 to 10 million.
  std::size_t max_internal_queue_size = 20'000;
  /// Bytes of encoded events held in memory at most.
  std::size_t max_internal_queue_bytes = std::size_t{64} << 20;
  /// Backpressure starts when this part of either bound is in use …
  double high_water = 0.8;
  /// … and ends when it has fallen to this part.
  double low_water = 0.5;
  /// Uncompressed bytes of a request body at most. 1 KiB to 16 MiB.
  std::size_t max_batch_bytes = std::size_t{450} * 1024;
  /// Events of a batch at most, while the pipeline is behind. 1 to 1000.
  std::size_t max_batch_events = 500;
  /// Encoded bytes of one event at most. 256 bytes to `max_batch_bytes` less 256.
  std::size_t max_event_bytes = std::size_t{32} * 1024;
  /// A batch that holds a request is cut after this.
  milliseconds request_linger{50};
  /// A request that is not committed after this is answered `errc::pending`.
  milliseconds request_deadline{15'000};
  /// Compress request bodies.
  bool gzip = true;
  /// Batches under way between buffer and persister. 1 to 64.
  std::size_t persist_window = 4;
  /// Deliveries, and connections, at a time. 1 to 256. With 1, and a queue of this process's own, batches arrive in the
  /// order of acceptance: one that is to be tried again holds up the others.
  std::size_t max_in_flight = 8;
  /// `strict`: one delivery at a time, whatever `max_in_flight` says. Refused for a shared queue.
  delivery_order ordering = delivery_order::none;

  /// Where batches wait: `memory`; `sqlite:PATH`, a file; `redis`, see `redis_options`; or
  /// `redis://[user[:password]@]host[:port][/db]`; or `redis+unix://[user[:password]@]/path[?db=N]`.
  std::string persistence = "memory";

  http_options http{};
  retry_options retry{};
  breaker_options breaker{};
  queue_options queue{};
  sqlite_options sqlite{};
  redis_options redis{};
  dead_letter_options dead_letters{};
  restart_options restarts{};

  /// What `shutdown` and `flush` take if they are given no deadline.
  milliseconds shutdown_deadline{10'000};
  milliseconds flush_deadline{30'000};

  /// Where log lines go; empty: nowhere.
  log_hook log{};
};

/// Returns every error in `o`, each an `errc::invalid_option` with the option's full name as its field and what the
/// option must be as its message; empty if there is none. Never contains the value of a secret. Pure.
SLUICE_API std::vector<error> validate(const options& o);

} // namespace sluice
