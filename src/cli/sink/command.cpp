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
#include "cli/sink/service.hpp"
#include "cli/stop_signal.hpp"
#include "server/request_server.hpp"

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

constexpr std::chrono::milliseconds between_live_lines{100};

// As many bodies may be read as there are connections: nobody is refused for want of room.
constexpr request_server_limits sink_limits{.max_connections = 1'024,
                                            .max_header_bytes = std::size_t{64} << 10,
                                            .max_body_bytes = std::size_t{16} << 20,
                                            .max_bytes_of_bodies = 1'024 * (std::size_t{16} << 20),
                                            .request_timeout = std::chrono::seconds{120},
                                            .idle_timeout = std::chrono::seconds{120}};

struct sink_arguments {
  std::uint16_t port = 0;
  std::string record, tls_cert, tls_key;
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

// Prints every error in the script, and returns nothing if there is one.
std::optional<fault_script> make_script(const sink_arguments& a) {
  read_faults script;
  if (a.script)
    script = load_faults(*a.script);
  for (std::size_t i = 0; i < script.rules.size() && a.tls_cert.empty(); ++i)
    if (script.rules[i].cuts_handshake)
      script.errors.push_back(
          {errc::invalid_option, "faults[" + std::to_string(i) + "].tls", "--tls-cert and --tls-key were expected"});
  for (const auto& e : script.errors)
    complain("sink", "--script " + *a.script + ": " + text_of(e));
  if (!script.errors.empty())
    return std::nullopt;
  const auto more = shorthand(a);
  script.rules.insert(script.rules.end(), more.begin(), more.end());
  return fault_script{std::move(script.rules), a.seed};
}

// Null: plain HTTP.
result<std::shared_ptr<server_identity>> identity_for(const sink_arguments& a) {
  if (a.tls_cert.empty() != a.tls_key.empty())
    return error{errc::invalid_option, a.tls_cert.empty() ? "--tls-cert" : "--tls-key",
                 "is missing: a certificate and its key were expected"};
  if (a.tls_cert.empty())
    return std::shared_ptr<server_identity>{};
  auto identity = read_identity(a.tls_cert, a.tls_key);
  if (!identity)
    return error{errc::invalid_option, identity.error().field == "tls_key_file" ? "--tls-key" : "--tls-cert",
                 identity.error().message};
  return identity;
}

result<listener> listener_for(const sink_arguments& a) {
  auto from = listener::open({.ip = "127.0.0.1", .port = a.port});
  if (!from)
    return error{errc::invalid_option, "--port", from.error().message};
  return from;
}

// Certificates are for names.
std::string url_for_clients(const listen_address& a, bool tls) {
  return tls ? "https://localhost:" + std::to_string(a.port) : url_of(a, false);
}

int fail(const error& why) {
  complain("sink", text_of(why));
  return 2;
}

void print_live(const sink_counts& c) {
  std::fprintf(stderr, "\r\033[K%s", to_text(c).c_str());
}

int run_sink(const sink_arguments& a) {
  stop_signal stop;
  auto script = make_script(a);
  if (!script)
    return 2;
  auto record = sink_record::open(a.record);
  if (!record)
    return fail(record.error());
  auto identity = identity_for(a);
  if (!identity)
    return fail(identity.error());
  const auto from = listener_for(a);
  if (!from)
    return fail(from.error());
  sink_service serves{std::move(*script), std::move(*record)};
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  {
    request_server server{*from, serves, sink_limits, *identity, [](const auto& line) { complain("sink", line); }};
    std::cout << "listening on " << url_for_clients(from->address(), *identity != nullptr) << std::endl;
    while (!stop.wait(between_live_lines))
      if (terminal)
        server.post([&] { print_live(serves.counts()); });
  }
  if (terminal) {
    print_live(serves.counts());
    std::fputc('\n', stderr);
  }
  std::cout << (a.json ? to_json(serves.counts()) : to_text(serves.counts())) << std::endl;
  return 0;
}

} // namespace

void add_sink_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<sink_arguments>();
  auto* cmd = app.add_subcommand("sink", "Run a local /v1/batch endpoint that fails as a script says");
  cmd->footer(sink_help);
  cmd->add_option("--port", args->port, "The port on 127.0.0.1; 0: any free port")->required();
  cmd->add_option("--record", args->record, "Append a line for each accepted event to this file")->type_name("FILE");
  cmd->add_option("--script", args->script, "A JSON file with rules for faults")->type_name("FILE");
  cmd->add_option("--fail-rate", args->fail_rate, "The fraction of requests answered with 503")
      ->check(CLI::Range(0.0, 1.0));
  cmd->add_option("--status", args->status, "Answer every valid request with this status")->check(CLI::Range(200, 599));
  add_duration_option(*cmd, "--latency", args->latency, plain_unit::ms, "Wait this long before each answer",
                      duration_range{milliseconds{0}, milliseconds{600'000}});
  cmd->add_option("--seed", args->seed, "The seed that decides which requests fail")->capture_default_str();
  cmd->add_option("--tls-cert", args->tls_cert, "Serve https with the certificate (and chain) in this PEM file")
      ->type_name("FILE");
  cmd->add_option("--tls-key", args->tls_key, "The PEM file with its key")->type_name("FILE");
  cmd->add_flag("--json", args->json, "Print the verdict as JSON, as the last line");
  cmd->callback([args, &exit_code] { exit_code = run_sink(*args); });
}

} // namespace sluice
