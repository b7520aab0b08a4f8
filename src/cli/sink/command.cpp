#include "cli/sink/command.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include <unistd.h>

#include "cli/complain.hpp"
#include "cli/duration_option.hpp"
#include "cli/sink/faults/reader.hpp"
#include "cli/sink/server.hpp"
#include "cli/stop_signal.hpp"

namespace sluice {

namespace {

constexpr const char* sink_help =
    "The first rule of the script that matches a request decides; docs/fault-laboratory.md has all members of a rule.\n"
    "--fail-rate, --status and --latency are rules after those of the script.\n"
    "The record gets a line for each accepted event: message id, batch id, milliseconds since 1970.\n"
    "At the end the sink prints a verdict: requests; events received, unique, duplicates, out of order; requests that\n"
    "failed because of a rule, and requests that broke the contract.\n\n"
    "Examples:\n"
    "  sluice sink --port 8080\n"
    "  sluice sink --port 8080 --fail-rate 0.1 --seed 7 --record record.txt\n"
    "  sluice sink --port 8080 --status 401\n"
    "  sluice sink --port 8443 --tls-cert cert.pem --tls-key key.pem\n"
    "  sluice sink --port 8080 --script faults.json --json\n\n"
    "This script has an outage, a rate limiter, and loses one reply in twenty:\n"
    "  {\"faults\":[{\"after_ms\":2000, \"until_ms\":12000, \"cut\":\"before\"},\n"
    "             {\"rate\":0.1, \"status\":429, \"headers\":{\"Retry-After\":\"2\"}},\n"
    "             {\"rate\":0.05, \"cut\":\"after\"}]}\n\n"
    "Exit status:\n"
    "  0  stopped by a signal\n"
    "  2  an option or the script is wrong, or the port is in use";

struct sink_arguments {
  sink_settings settings;
  std::optional<std::string> script;
  double fail_rate = 0;
  int status = 200;
  milliseconds latency{0};
  std::uint64_t seed = 1;
  bool json = false;
};

// Returns the options as rules.
std::vector<fault_rule> shorthand(const sink_arguments& a) {
  return {{.when = {.rate = a.fail_rate}, .effect = {.status = 503, .latency = a.latency}},
          {.effect = {.status = a.status, .latency = a.latency}}};
}

// Prints every error in the script. Returns false if there is one.
bool make_script(sink_arguments& a) {
  read_faults script;
  if (a.script)
    script = load_faults(*a.script);
  for (std::size_t i = 0; i < script.rules.size() && a.settings.tls_cert.empty(); ++i)
    if (script.rules[i].cuts_handshake)
      script.errors.push_back(
          {errc::invalid_option, "faults[" + std::to_string(i) + "].tls", "--tls-cert and --tls-key were expected"});
  for (const auto& e : script.errors)
    complain("sink", "--script " + *a.script + ": " + text_of(e));
  const auto more = shorthand(a);
  script.rules.insert(script.rules.end(), more.begin(), more.end());
  a.settings.faults = fault_script{std::move(script.rules), a.seed};
  return script.errors.empty();
}

void print_live(const sink_counts& c) {
  std::fprintf(stderr, "\r\033[K%s", to_text(c).c_str());
}

int run_sink(sink_arguments& a) {
  stop_signal stop;
  if (!make_script(a))
    return 2;
  auto server = sink_server::open(a.settings);
  if (!server) {
    complain("sink", text_of(server.error()));
    return 2;
  }
  std::cout << "listening on " << (*server)->url() << std::endl;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto last = std::chrono::steady_clock::now();
  const auto& counts = (*server)->counts();
  (*server)->on_request([&] {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal || now - last < std::chrono::milliseconds{100})
      return;
    last = now;
    print_live(counts);
  });
  (*server)->run(stop.descriptor());
  if (terminal) {
    print_live(counts);
    std::fputc('\n', stderr);
  }
  std::cout << (a.json ? to_json(counts) : to_text(counts)) << std::endl;
  return 0;
}

} // namespace

void add_sink_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<sink_arguments>();
  auto* cmd = app.add_subcommand("sink", "Run a local /v1/batch endpoint that fails as a script says");
  cmd->footer(sink_help);
  cmd->add_option("--port", args->settings.port, "The port on 127.0.0.1; 0: any free port")->required();
  cmd->add_option("--record", args->settings.record, "Append a line for each accepted event to this file")
      ->type_name("FILE");
  cmd->add_option("--script", args->script, "A JSON file with rules for faults")->type_name("FILE");
  cmd->add_option("--fail-rate", args->fail_rate, "The fraction of requests answered with 503")
      ->check(CLI::Range(0.0, 1.0));
  cmd->add_option("--status", args->status, "Answer every valid request with this status")->check(CLI::Range(200, 599));
  add_duration_option(*cmd, "--latency", args->latency, plain_unit::ms, "Wait this long before each answer",
                      duration_range{milliseconds{0}, milliseconds{600'000}});
  cmd->add_option("--seed", args->seed, "The seed that decides which requests fail")->capture_default_str();
  cmd->add_option("--tls-cert", args->settings.tls_cert,
                  "Serve https with the certificate (and chain) in this PEM file")
      ->type_name("FILE");
  cmd->add_option("--tls-key", args->settings.tls_key, "The PEM file with its key")->type_name("FILE");
  cmd->add_flag("--json", args->json, "Print the verdict as JSON, as the last line");
  cmd->callback([args, &exit_code] { exit_code = run_sink(*args); });
}

} // namespace sluice
