#include "cli/deliver/send_command.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>

#include "cli/count_option.hpp"
#include "cli/deliver/send_job.hpp"

namespace sluice {

namespace {

constexpr const char* send_help =
    "The field type names the event's type. Fields that do not belong to the event's type are dropped.\n\n"
    "Examples:\n"
    "  sluice send events.ndjson --url https://events.example.com --write-key-file key.txt\n"
    "  SLUICE_WRITE_KEY=k sluice send - --url http://127.0.0.1:8080 < events.ndjson\n"
    "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k --store memory --json\n\n"
    "Exit status:\n"
    "  0  every event was delivered\n"
    "  1  an event was rejected, is dead, waits or was lost\n"
    "  2  an option, the configuration or the input is wrong\n"
    "  3  the queue is unavailable or delivery stopped by itself; a later start may succeed\n\n";

struct send_arguments {
  send_settings settings;
  std::int64_t flush_interval = options{}.flush_interval.count();
};

} // namespace

void add_send_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<send_arguments>();
  auto& s = args->settings;
  auto& o = s.delivery.settings();
  auto* cmd = app.add_subcommand("send", "Read newline-delimited JSON events and deliver them");
  cmd->footer(std::string{send_help} + queue_environment + proxy_environment);
  cmd->add_option("FILE", s.file, "The events, one JSON object per line; - for standard input")
      ->type_name("FILE")
      ->default_str("-");
  s.delivery.add_to(*cmd);
  add_count_option(*cmd, "--flush-at", o.flush_at, "The number of events that make a batch");
  cmd->add_option("--flush-interval", args->flush_interval, "How long an event waits for its batch to fill, in ms")
      ->capture_default_str();
  cmd->add_option("--receipts", s.receipts, "Append the id of every stored event to this file")->type_name("FILE");
  cmd->callback([args, &exit_code] {
    auto& settings = args->settings.delivery.settings();
    settings.flush_interval = milliseconds{args->flush_interval};
    settings.max_batch_events = std::max(settings.max_batch_events, std::min<std::size_t>(settings.flush_at, 1'000));
    exit_code = 2;
    if (const auto problem = args->settings.delivery.complete())
      std::cerr << "sluice send: " << *problem << '\n';
    else
      exit_code = run_send(args->settings);
  });
}

} // namespace sluice
