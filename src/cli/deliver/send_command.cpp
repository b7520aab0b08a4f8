#include "cli/deliver/send_command.hpp"

#include <algorithm>
#include <memory>

#include "cli/complain.hpp"
#include "cli/count_option.hpp"
#include "cli/deliver/send_job.hpp"
#include "cli/duration_option.hpp"

namespace sluice {

namespace {

constexpr const char* send_help =
    "The field type names the event's type. Fields that do not belong to the event's type are dropped.\n\n"
    "Examples:\n"
    "  sluice send events.ndjson --url https://events.example.com --write-key-file key.txt\n"
    "  SLUICE_WRITE_KEY=k sluice send - --url http://127.0.0.1:8080 < events.ndjson\n"
    "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k --store memory --json\n"
    "  sluice send events.ndjson --url https://events.example.com --write-key-file key.txt --enqueue\n\n"
    "Exit status:\n"
    "  0  every event was delivered; with --enqueue: every event is stored\n";

} // namespace

void add_send_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<send_settings>();
  auto& s = *args;
  auto& o = s.delivery.settings();
  auto* cmd = app.add_subcommand("send", "Read newline-delimited JSON events and deliver them");
  cmd->footer(std::string{send_help} + delivery_exit_status + queue_environment + proxy_environment);
  cmd->add_option("FILE", s.file, "The events, one JSON object per line; - for standard input")
      ->type_name("FILE")
      ->default_str("-");
  s.delivery.add_to(*cmd);
  cmd->add_flag("--enqueue", o.queue.enqueue_only,
                "Only store the events, also while another process delivers from the queue")
      ->excludes("--wait")
      ->excludes("--adopt");
  add_count_option(*cmd, "--flush-at", o.flush_at, "The number of events that make a batch");
  add_duration_option(*cmd, "--flush-interval", o.flush_interval, plain_unit::ms,
                      "How long an event waits for its batch to fill");
  cmd->add_option("--receipts", s.receipts, "Append the id of every stored event to this file")->type_name("FILE");
  cmd->callback([args, cmd, &exit_code] {
    auto& settings = args->delivery.settings();
    if (cmd->count("--max-batch-events") == 0)
      settings.max_batch_events = std::max(settings.max_batch_events, std::min<std::size_t>(settings.flush_at, 1'000));
    exit_code = 2;
    if (const auto problem = args->delivery.complete())
      complain("send", *problem);
    else
      exit_code = run_send(*args);
  });
}

} // namespace sluice
