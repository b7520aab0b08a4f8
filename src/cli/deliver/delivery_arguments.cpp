#include "cli/deliver/delivery_arguments.hpp"

#include <algorithm>

#include "cli/count_option.hpp"

namespace sluice {

void delivery_arguments::add_to(CLI::App& command) {
  queue.add_to(command);
  command.get_option("--url")->required();
  auto& o = settings();
  command
      .add_option("--durability", durability_,
                  "What a queue in a file survives: a power loss (full) or a kill (normal)")
      ->check(CLI::IsMember({"full", "normal"}))
      ->capture_default_str();
  command.add_flag("--adopt", o.queue.adopt, "Deliver a queue that was filled for another URL or key");
  command.add_flag("--multi-processor", o.queue.is_multi_processor,
                   "Share the queue in Redis with other processes, which all need this flag");
  command.add_option("--lease", lease_seconds_, "How long a lease of a shared queue lasts, in s")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command.add_flag("--allow-insecure", o.allow_insecure, "Permit plain http to another machine");
  command.add_option("--max-attempts", o.retry.max_attempts, "Attempts before a batch becomes a dead letter")
      ->capture_default_str();
  add_count_option(command, "--max-in-flight", o.max_in_flight, "The most deliveries at a time");
  command.add_option("--http-timeout", http_timeout_, "The deadline of one attempt, in ms")->capture_default_str();
  command.add_flag("--no-gzip", no_gzip_, "Do not compress request bodies");
  command.add_option("--drain-timeout", drain_seconds_, "How long to wait for deliveries at the end, in s")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command.add_flag("--json", json, "Print the ledger as JSON, as the last line");
}

std::optional<std::string> delivery_arguments::complete() {
  auto& o = settings();
  o.http.total = milliseconds{http_timeout_};
  for (auto* phase : {&o.http.connect, &o.http.tls, &o.http.send, &o.http.response})
    *phase = std::min(*phase, o.http.total);
  o.gzip = !no_gzip_;
  o.queue.lease = std::chrono::seconds{lease_seconds_};
  o.queue.heartbeat = std::min(o.queue.heartbeat, o.queue.lease / 4);
  o.sqlite.durability = durability_ == "normal" ? sqlite_durability::normal : sqlite_durability::full;
  drain_timeout = std::chrono::seconds{drain_seconds_};
  return queue.complete();
}

} // namespace sluice
