#include "cli/deliver/serve_command.hpp"

#include <iostream>
#include <memory>
#include <optional>

#include "cli/complain.hpp"
#include "cli/count_option.hpp"
#include "cli/deliver/delivery_job.hpp"
#include "cli/deliver/service_notice.hpp"
#include "sluice/serve.hpp"

#include <sys/resource.h>

namespace sluice {

namespace {

constexpr const char* serve_help =
    "Clients send events to POST /v1/batch, or one to /v1/track, /v1/identify, /v1/page, /v1/screen, /v1/group or\n"
    "/v1/alias, with a write key as the user name of Basic authentication. 200 means that they are stored.\n"
    "docs/intake.md shows how to point SDKs here. /livez and /readyz tell how the server is, /metrics in numbers.\n"
    "/api/ shows the queue and its dead letters, and with a token changes them; see docs/administration.md.\n"
    "SIGHUP reads the files of keys again. On SIGTERM or SIGINT no more events are taken, open requests are answered,\n"
    "and deliveries under way have ten seconds to finish; the remaining events stay in the queue.\n\n"
    "Examples:\n"
    "  sluice serve --url https://events.example.com --write-key-file key.txt\n"
    "  sluice serve --url https://events.example.com --write-key-file key.txt --listen unix:/run/sluice/sluice.sock\n"
    "  sluice serve --url https://events.example.com --write-key-file key.txt --listen 0.0.0.0:8423 \\\n"
    "    --tls-cert cert.pem --tls-key key.pem --intake-key-file keys.txt --admin-token-file token.txt\n\n"
    "Exit status:\n"
    "  0  no event waits, is dead or was lost\n";

// How long a batch that a request waits for may fill: a store gathers what comes meanwhile anyway.
constexpr milliseconds linger_of_server{5};
// How often signals and the watchdog are looked at.
constexpr milliseconds look_around{100};
// How long the server's thread may take to show that it lives.
constexpr milliseconds sign_of_life{2'000};

struct serve_arguments {
  delivery_arguments delivery;
  server_options server;
};

// Connections need descriptors; a shell's soft limit has few.
void lift_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// Returns an error as an operator knows it: with the option of the command.
std::string server_error_text(const error& e) {
  for (const auto& [field, argument] :
       {std::pair{"listen", "--listen"}, std::pair{"intake_key_file", "--intake-key-file"},
        std::pair{"admin_token_file", "--admin-token-file"}, std::pair{"tls_certificate_file", "--tls-cert"},
        std::pair{"tls_key_file", "--tls-key"}, std::pair{"allow_insecure", "--allow-insecure"},
        std::pair{"public_hosts", "--public-host"}, std::pair{"max_connections", "--max-connections"},
        std::pair{"listening_socket", "LISTEN_FDS"}})
    if (e.field == field)
      return std::string{argument} + ": " + e.message;
  return text_of(e);
}

// Serves until a signal arrives or the system stops.
void serve(delivery_job& job, const server& http, service_notice& notice) {
  while (!job.stopped() && !job.stop.wait(look_around)) {
    if (job.stop.hung_up()) {
      const auto read = http.read_keys_again();
      job.say(read ? "the files of keys were read again" : server_error_text(read.error()),
              read ? log_level::info : log_level::error);
    }
    notice.show_life(std::chrono::steady_clock::now(), [&] { return http.is_alive(sign_of_life); });
  }
}

int run_serve(serve_arguments& args) {
  delivery_job job{"serve", args.delivery, hangup::read_again};
  auto errors = validate(args.server);
  for (const auto& e : errors)
    job.say(server_error_text(e));
  if (job.options_are_wrong() || !errors.empty())
    return 2;
  lift_descriptor_limit();
  service_notice notice;
  std::optional<server> http;
  job.on_start = [&](caf::actor_system& system, analytics& running) {
    auto spawned = spawn_server(system, running, args.server);
    if (spawned)
      http = std::move(*spawned);
    else
      for (const auto& e : spawned.error())
        job.say(server_error_text(e));
    return http.has_value();
  };
  return job.run([&](client&) {
    std::cout << "listening on " << http->url() << std::endl;
    notice.send("READY=1");
    serve(job, *http, notice);
    notice.send("STOPPING=1");
  });
}

} // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<serve_arguments>();
  auto& o = args->server;
  auto* cmd = app.add_subcommand("serve", "Take events over HTTP, store them and deliver them");
  cmd->footer(std::string{serve_help} + delivery_exit_status + queue_environment + proxy_environment);
  args->delivery.settings().request_linger = linger_of_server;
  args->delivery.add_to(*cmd);
  cmd->get_option("--allow-insecure")
      ->description("Permit plain http to another machine, and plain HTTP from other machines");
  cmd->add_option("--listen", o.listen, "Where to listen: ADDRESS:PORT, as in 127.0.0.1:8423, or unix:PATH")
      ->capture_default_str();
  cmd->add_option("--intake-key-file", o.intake_key_file,
                  "A file with the write keys that clients may use, one a line (default: the one of --write-key)")
      ->type_name("FILE");
  cmd->add_option("--admin-token-file", o.admin_token_file,
                  "A file with the tokens that /metrics and /api/ ask for, one a line, or NAME TOKEN; without it /api/ "
                  "changes nothing")
      ->type_name("FILE");
  cmd->add_option("--public-host", o.public_hosts,
                  "A host name by which others know the server, as behind a proxy; may be repeated")
      ->type_name("HOST");
  cmd->add_option("--tls-cert", o.tls_certificate_file, "Serve https with the certificate (and chain) in this PEM file")
      ->type_name("FILE");
  cmd->add_option("--tls-key", o.tls_key_file, "The PEM file with its key")->type_name("FILE");
  add_count_option(*cmd, "--max-connections", o.max_connections, "The most connections at a time");
  cmd->callback([args, &exit_code] {
    exit_code = 2;
    args->server.allow_insecure = args->delivery.settings().allow_insecure;
    args->server.listening_socket = passed_socket();
    if (const auto problem = args->delivery.complete())
      complain("serve", *problem);
    else
      exit_code = run_serve(*args);
  });
}

} // namespace sluice
