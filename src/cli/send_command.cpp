#include "cli/send_command.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "cli/send_job.hpp"

namespace sluice {

namespace {

constexpr const char* examples =
    "Examples:\n"
    "  sluice send events.ndjson --url https://events.example.com --write-key-file key.txt\n"
    "  SLUICE_WRITE_KEY=k sluice send - --url http://127.0.0.1:8080 < events.ndjson\n"
    "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k --json\n"
    "Exit status: 0 everything read was delivered; 1 something was refused, dead, waiting or lost; 2 usage or "
    "configuration.";

// What a send is told on the command line, before it is checked.
struct send_arguments {
  send_settings settings;
  std::string write_key_file;
  std::int64_t flush_interval = options{}.flush_interval.count();
  std::int64_t http_timeout = options{}.http.total.count();
  std::int64_t drain_timeout = 60;
  bool no_gzip = false;

  void apply() {
    options& o = settings.pipeline;
    o.flush_interval = milliseconds{flush_interval};
    o.http.total = milliseconds{http_timeout};
    for (auto* phase : {&o.http.connect, &o.http.tls, &o.http.send, &o.http.response})
      *phase = std::min(*phase, o.http.total);
    o.gzip = !no_gzip;
    o.max_batch_events = std::max(o.max_batch_events, std::min<std::size_t>(o.flush_at, 1'000));
    settings.drain_timeout = std::chrono::seconds{drain_timeout};
  }
};

} // namespace

void add_send_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<send_arguments>();
  auto& s = args->settings;
  auto& o = s.pipeline;
  auto* cmd = app.add_subcommand("send", "Read newline-delimited JSON events and deliver them");
  cmd->footer(examples);
  cmd->add_option("FILE", s.file, "The events, one JSON object a line; - for standard input")->default_str("-");
  cmd->add_option("--url", o.data_plane_url, "The data plane, as in https://events.example.com")->required();
  auto* key = cmd->add_option("--write-key", o.write_key, "The source's key (better: SLUICE_WRITE_KEY or a file)");
  cmd->add_option("--write-key-file", args->write_key_file, "A file that holds the key")->excludes(key);
  cmd->add_flag("--allow-insecure", o.allow_insecure, "Permit plain http beyond this machine");
  cmd->add_option("--store", s.store, "Where batches wait")->check(CLI::IsMember({"memory"}))->capture_default_str();
  cmd->add_option("--flush-at", o.flush_at, "Events of a batch")->capture_default_str();
  cmd->add_option("--flush-interval", args->flush_interval, "How long an event waits for its batch, in ms")
      ->capture_default_str();
  cmd->add_option("--max-attempts", o.retry.max_attempts, "Sends of a batch before it is dead")->capture_default_str();
  cmd->add_option("--max-in-flight", o.max_in_flight, "Deliveries at a time")->capture_default_str();
  cmd->add_option("--http-timeout", args->http_timeout, "Deadline of one attempt, in ms")->capture_default_str();
  cmd->add_flag("--no-gzip", args->no_gzip, "Do not compress request bodies");
  cmd->add_option("--receipts", s.receipts, "Append the id of every event that is stored to this file");
  cmd->add_option("--drain-timeout", args->drain_timeout, "How long to wait for deliveries at the end, in s")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  cmd->add_flag("--json", s.json, "Print the ledger as JSON, as the last line");
  cmd->callback([args, &exit_code] {
    args->apply();
    exit_code = 2;
    if (auto problem = read_write_key(args->settings.pipeline, args->write_key_file)) {
      std::cerr << "sluice send: " << *problem << '\n';
      return;
    }
    exit_code = run_send(args->settings);
  });
}

} // namespace sluice
