#include "cli/sink_command.hpp"

#include <cstdio>
#include <iostream>
#include <memory>

#include <unistd.h>

#include "cli/sink_server.hpp"
#include "cli/stop_signal.hpp"

namespace sluice {

namespace {

void print_live(const sink_counts& c) {
  std::fprintf(stderr, "\r\033[Krequests %llu  events %llu  duplicates %llu  failed %llu  broken %llu",
               static_cast<unsigned long long>(c.requests), static_cast<unsigned long long>(c.events),
               static_cast<unsigned long long>(c.duplicates), static_cast<unsigned long long>(c.failed),
               static_cast<unsigned long long>(c.broken));
}

int run_sink(const sink_settings& settings) {
  stop_signal stop;
  auto server = sink_server::open(settings);
  if (!server) {
    std::cerr << "sluice sink: " << to_string(server.error()) << '\n';
    return 2;
  }
  std::cout << "listening on http://127.0.0.1:" << (*server)->port() << std::endl;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto last = std::chrono::steady_clock::now();
  (*server)->on_request([&, c = &(*server)->counts()] {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal || now - last < std::chrono::milliseconds{100})
      return;
    last = now;
    print_live(*c);
  });
  (*server)->run(stop.descriptor());
  const auto& c = (*server)->counts();
  if (terminal) {
    print_live(c);
    std::fputc('\n', stderr);
  }
  std::cout << "requests " << c.requests << ", events " << c.events << ", duplicates " << c.duplicates << ", failed "
            << c.failed << ", broken " << c.broken << std::endl;
  return 0;
}

} // namespace

void add_sink_command(CLI::App& app, int& exit_code) {
  auto settings = std::make_shared<sink_settings>();
  auto latency = std::make_shared<std::int64_t>(0);
  auto* cmd = app.add_subcommand("sink", "A local /v1/batch endpoint to try things against");
  cmd->footer("Examples:\n"
              "  sluice sink --port 8080\n"
              "  sluice sink --port 8080 --fail-rate 0.1 --seed 7 --record record.txt\n"
              "  sluice sink --port 8080 --status 401\n"
              "The record gets a line for each event that is taken: message id, batch id, milliseconds since 1970.");
  cmd->add_option("--port", settings->port, "The port on 127.0.0.1; 0: one that is free")->required();
  cmd->add_option("--record", settings->record, "Append a line for each event that is taken to this file");
  cmd->add_option("--fail-rate", settings->fail_rate, "The part of the requests that is answered with 503")
      ->check(CLI::Range(0.0, 1.0));
  cmd->add_option("--status", settings->status, "Answer every request that is not broken with this status")
      ->check(CLI::Range(200, 599));
  cmd->add_option("--latency", *latency, "Wait this long before each answer, in ms")->check(CLI::Range(0, 600'000));
  cmd->add_option("--seed", settings->seed, "Seeds what fails");
  cmd->callback([settings, latency, &exit_code] {
    settings->latency = std::chrono::milliseconds{*latency};
    exit_code = run_sink(*settings);
  });
}

} // namespace sluice
