#include "sluice/options.hpp"

#include <algorithm>
#include <type_traits>

#include "core/config/endpoint.hpp"
#include "core/config/option_table.hpp"
#include "core/config/pem_file.hpp"
#include "core/config/redis_options.hpp"
#include "core/config/store_url.hpp"
#include "core/persistence/partition.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_write_key = 1024;
// More than the bytes that a body has around its events.
constexpr std::size_t frame = 256;
// The time that a delivery takes besides its attempt.
constexpr milliseconds lease_margin{5'000};

std::string shown(milliseconds t) {
  return std::to_string(t.count()) + " ms";
}

template <class T>
std::string shown(T n) {
  // A value that was read from a negative number is shown as a negative number.
  auto text = std::is_same_v<T, std::size_t> ? std::to_string(static_cast<std::int64_t>(n)) : std::to_string(n);
  if constexpr (std::is_floating_point_v<T>)
    text.resize(text.find('.') + 3);
  return text;
}

class checker {
public:
  template <class T>
  void operator()(const char* name, const T& value, const between<T>& range, const char*) {
    // In this form NaN is outside every range.
    if (!(value >= range.low && value <= range.high))
      wrong(name, "must be from " + shown(range.low) + " to " + shown(range.high) + ", not " + shown(value));
  }
  template <class T>
  void operator()(const char*, const T&, const char*) {}

  // Keeps the first error of an option: what is out of its range is not compared with others as well.
  void wrong(std::string name, std::string message) {
    if (std::none_of(errors.begin(), errors.end(), [&](const error& e) { return e.field == name; }))
      errors.push_back({errc::invalid_option, std::move(name), std::move(message)});
  }

  std::vector<error> errors;
};

// A server would take what follows a colon for a password.
bool is_header_safe(const std::string& key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

// Whether its last part, behind colons, is a number: so the partitions of a queue are called.
bool is_name_of_partition(const std::string& name) {
  const auto last = name.substr(name.rfind(':') + 1);
  return !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_queue_name(const std::string& text) {
  return !text.empty() && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '{' && c != '}'; });
}

void check_queue(const options& o, const store_url& where, checker& check) {
  if (!is_queue_name(o.queue.name))
    check.wrong("queue.name", "must be 1 to 256 printable ASCII characters without spaces and braces");
  if (is_name_of_partition(o.queue.name))
    check.wrong("queue.name", "must not be a number, nor end in a colon and a number, as the names of partitions do");
  if (!is_queue_name(o.queue.prefix))
    check.wrong("queue.prefix", "must be 1 to 256 printable ASCII characters without spaces and braces");
  if (o.queue.enqueue_only && std::holds_alternative<memory_url>(where))
    check.wrong("queue.enqueue_only", "must be false: no other process can deliver from a queue in memory");
  if (o.queue.enqueue_only && o.queue.adopt)
    check.wrong("queue.adopt", "must be false with queue.enqueue_only: a process that delivers adopts the queue");
  if (!o.queue.is_multi_processor)
    return;
  if (!std::holds_alternative<redis_options>(where))
    check.wrong("queue.is_multi_processor", "must be false: only a queue in Redis can be shared");
  if (o.ordering == delivery_order::strict)
    check.wrong("ordering", "must be none or per_user: a shared queue delivers more than one batch at a time");
  if (o.queue.lease < o.http.total + lease_margin)
    check.wrong("queue.lease", "must be above http.total by " + shown(lease_margin) + " or more");
  if (o.queue.heartbeat * 2 > o.queue.lease)
    check.wrong("queue.heartbeat", "must not be above half of queue.lease");
}

// Of the bounds of the store, which partitions divide among them.
void check_shares(const options& o, checker& check) {
  const auto share = share_of_partition(o);
  const auto must_hold = [&](std::size_t bound, std::size_t batch, const char* option, const std::string& what) {
    if (bound < batch)
      check.wrong(option, "must not be below " + what +
                              (o.queue.partitions > 1 ? " for each of the queue.partitions" : "") +
                              ": a batch must fit");
  };
  must_hold(share.queue.max_backlog_events, o.max_batch_events, "queue.max_backlog_events", "max_batch_events");
  must_hold(share.queue.max_backlog_bytes, o.max_batch_bytes, "queue.max_backlog_bytes", "max_batch_bytes");
  if (o.queue.partitions == 1) // 0 and other small bounds say that nothing is to be kept
    return;
  if (o.dead_letters.max_events > 0)
    must_hold(share.dead_letters.max_events, o.max_batch_events, "dead_letters.max_events", "max_batch_events");
  if (o.dead_letters.max_bytes > 0)
    must_hold(share.dead_letters.max_bytes, o.max_batch_bytes, "dead_letters.max_bytes", "max_batch_bytes");
}

} // namespace

std::vector<error> validate(const options& o) {
  checker check;
  if (o.write_key.empty() && o.enabled)
    check.wrong("write_key", "is required");
  else if (o.write_key.size() > max_write_key || !is_header_safe(o.write_key))
    check.wrong("write_key", "must be at most 1024 printable ASCII characters without spaces and colons");
  if (auto e = parse_endpoint(o.data_plane_url, o.allow_insecure); !e)
    check.wrong("data_plane_url", e.error().message);
  if (auto s = parse_store_url(o); !s)
    check.wrong("persistence", s.error().message);
  else {
    check_queue(o, *s, check);
    if (const auto* redis = std::get_if<redis_options>(&*s))
      for (auto& e : check_redis(*redis))
        check.wrong(std::move(e.field), std::move(e.message));
  }
  for_each_option(o, check);
  // Without authorities that it can trust, every attempt of a transport would fail.
  if (!o.http.ca_file.empty() && !has_pem(o.http.ca_file, "CERTIFICATE"))
    check.wrong("http.ca_file", "must be a PEM file with certificates that can be read, not " + o.http.ca_file);
  if (!(o.low_water < o.high_water))
    check.wrong("low_water", "must be below high_water");
  if (o.flush_at > o.max_batch_events)
    check.wrong("flush_at", "must not be above max_batch_events (" + shown(o.max_batch_events) + ")");
  if (o.queue.partitions > 0)
    check_shares(o, check);
  if (o.ordering == delivery_order::per_user && o.queue.partitions == 1)
    check.wrong("queue.partitions", "must be above 1 with ordering = per_user: each delivers one batch at a time");
  if (o.ordering == delivery_order::strict && o.queue.partitions > 1)
    check.wrong("queue.partitions", "must be 1 with ordering = strict: partitions deliver at the same time");
  if (o.max_event_bytes + frame > o.max_batch_bytes)
    check.wrong("max_event_bytes", "must be below max_batch_bytes by " + shown(frame) + " or more");
  if (o.max_event_bytes > o.max_internal_queue_bytes)
    check.wrong("max_event_bytes", "must not be above max_internal_queue_bytes");
  if (o.retry.base > o.retry.cap)
    check.wrong("retry.base", "must not be above retry.cap");
  if (o.breaker.probe > o.breaker.probe_cap)
    check.wrong("breaker.probe", "must not be above breaker.probe_cap");
  return std::move(check.errors);
}

} // namespace sluice
