#include "cli/deliver/delivery_arguments.hpp"

#include <algorithm>

#include "cli/count_option.hpp"
#include "cli/deliver/config_file.hpp"
#include "cli/deliver/log_line.hpp"
#include "cli/duration_option.hpp"
#include "core/config/option_table.hpp"

namespace sluice {

void delivery_arguments::read_config(const std::string& file) {
  std::string problems;
  for (const auto& e : read_config_file(file, settings()))
    problems += (problems.empty() ? "" : "; ") + e.field + (e.field.empty() ? "" : " ") + e.message;
  if (!problems.empty())
    throw CLI::ValidationError("--config", file + ": " + problems);
}

void delivery_arguments::add_to(CLI::App& command) {
  // Options are applied in this order, so that all others replace what the file has set.
  command
      .add_option_function<std::string>(
          "--config", [this](const std::string& file) { read_config(file); },
          "A CAF configuration file whose group sluice sets options; all other options take precedence")
      ->type_name("FILE");
  queue.add_to(command);
  settings().data_plane_url.clear(); // the library's default is not the command's
  auto* url = command.get_option("--url");
  url->description(url->get_description() + "; required here or in --config");
  auto& o = settings();
  storing_.add_to(command, o);
  command.add_flag("--adopt", o.queue.adopt, "Deliver a queue that was filled for another URL or key");
  command.add_flag("--wait", wait, "Wait while another process processes the queue");
  command.add_flag("--multi-processor", o.queue.is_multi_processor,
                   "Share the queue in Redis with other processes, which all need this flag");
  add_count_option(command, "--partitions", o.queue.partitions,
                   "How many partitions the queue has; sluice repartition changes it");
  constexpr duration_range to_a_day{milliseconds{1'000}, milliseconds{86'400'000}};
  add_duration_option(command, "--lease", o.queue.lease, plain_unit::s, "How long a lease of a shared queue lasts",
                      to_a_day);
  command
      .add_option("--ordering", ordering_,
                  "What arrives in the order of acceptance: the events of a user, which needs --partitions (per_user), "
                  "or everything, one batch at a time (strict)")
      ->check(CLI::IsMember({"none", "per_user", "strict"}))
      ->default_str("none");
  command.add_flag("--allow-insecure", o.allow_insecure, "Permit plain http to another machine");
  command.add_option("--max-attempts", o.retry.max_attempts, "Attempts before a batch becomes a dead letter")
      ->capture_default_str();
  add_duration_option(command, "--max-age", o.retry.max_age, plain_unit::s,
                      "The age at which a failing batch becomes a dead letter; 0: no limit");
  add_count_option(command, "--max-in-flight", o.max_in_flight, "The most deliveries at a time");
  add_count_option(command, "--max-batch-events", o.max_batch_events, "The most events of a batch");
  command.add_option("--ca-file", o.http.ca_file, "A PEM file of the authorities to trust, instead of the system's")
      ->type_name("FILE");
  add_duration_option(command, "--connect-timeout", o.http.connect, plain_unit::ms,
                      "The deadline to resolve and connect");
  add_duration_option(command, "--http-timeout", o.http.total, plain_unit::ms, "The deadline of one attempt");
  command.add_flag("--require-json", o.http.require_json, "Take a 2xx for a delivery only if its content is JSON");
  command.add_flag("--no-gzip", no_gzip_, "Do not compress request bodies");
  add_duration_option(command, "--drain-timeout", drain_timeout, plain_unit::s,
                      "How long to wait for deliveries at the end", to_a_day);
  command.add_flag("--json", json, "Print the ledger as JSON, as the last line");
  command.add_flag("--quiet", quiet, "Print errors only, and draw no progress; with --json, print the JSON as well");
  command.add_option("--log-level", log_level_, "The least level of log lines that are printed")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  command
      .add_option("--log-format", log_format_,
                  "json: log lines are objects with time, level and message, and no progress is drawn")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

std::optional<std::string> delivery_arguments::complete() {
  auto& o = settings();
  if (o.data_plane_url.empty())
    throw CLI::RequiredError("--url");
  for (auto* phase : {&o.http.connect, &o.http.tls, &o.http.send, &o.http.response})
    *phase = std::min(*phase, o.http.total);
  o.gzip = o.gzip && !no_gzip_;
  o.queue.heartbeat = std::min(o.queue.heartbeat, o.queue.lease / 4);
  storing_.complete(o);
  for (const auto& [word, order] : words_of(delivery_order{}))
    if (ordering_ == word)
      o.ordering = order;
  json_logs = log_format_ == "json";
  for (const auto level : {log_level::debug, log_level::info, log_level::warning, log_level::error})
    if (quiet || log_level_ == name_of(level))
      least_level = level;
  return queue.complete();
}

} // namespace sluice
