#include "cli/queue_arguments.hpp"

#include <cstdlib>
#include <fstream>

#include "cli/complain.hpp"
#include "store/fingerprint.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

// Sets `$XDG_STATE_HOME/sluice/<fingerprint>.db`: one queue per destination, readable by its user only.
std::optional<std::string> default_queue(options& o) {
  namespace fs = std::filesystem;
  const auto folder = folder_of_queues();
  if (folder.empty())
    return "--store is required: neither XDG_STATE_HOME nor HOME is set";
  std::error_code why;
  fs::create_directories(folder, why);
  if (!why)
    fs::permissions(folder, fs::perms::owner_all, why);
  if (why)
    return folder.string() + ": " + why.message();
  o.persistence = "sqlite:" + (folder / (fingerprint_of(o) + ".db")).string();
  return std::nullopt;
}

std::string from_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

// Reads a secret from the file of an option, else, unless it is set already, from the environment: from the file that
// VARIABLE_FILE names, or from VARIABLE.
std::optional<std::string> read_secret(std::string& secret, const char* option, std::string file,
                                       const std::string& variable) {
  if (file.empty() && secret.empty())
    file = from_variable(variable + "_FILE");
  if (!file.empty()) {
    std::ifstream in{file};
    std::getline(in, secret);
    secret.erase(secret.find_last_not_of(" \t\r") + 1); // an editor may have left them
    if (secret.empty())
      return std::string{option} + ": " + file + " cannot be read or is empty";
  } else if (secret.empty()) {
    secret = from_variable(variable);
  }
  return std::nullopt;
}

} // namespace

std::filesystem::path folder_of_queues() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && *state)
    return std::filesystem::path{state} / "sluice";
  const char* home = std::getenv("HOME");
  return home && *home ? std::filesystem::path{home} / ".local" / "state" / "sluice" : std::filesystem::path{};
}

void queue_arguments::add_to(CLI::App& command) {
  command.add_option("--url", settings.data_plane_url, "The URL of the data plane, as in https://events.example.com");
  auto* key = command.add_option("--write-key", settings.write_key,
                                 "The write key (safer: SLUICE_WRITE_KEY or --write-key-file)");
  command.add_option("--write-key-file", write_key_file, "A file with the write key")->type_name("FILE")->excludes(key);
  settings.persistence.clear();
  command.add_option(
      "--store", settings.persistence,
      "Where batches wait: memory, sqlite:PATH, redis://[user[:password]@]host[:port][/db], "
      "redis+unix:///path[?db=N], redis+sentinel://[user[:password]@]host[:port],.../master[/db] or "
      "redis+cluster://[user[:password]@]host[:port],...; "
      "rediss://, rediss+sentinel:// and rediss+cluster:// use TLS (default: a file for this URL and key, in "
      "$XDG_STATE_HOME/sluice)");
  command
      .add_option("--redis-password-file", redis_password_file,
                  "A file with Redis's password (or set SLUICE_REDIS_PASSWORD)")
      ->type_name("FILE");
  command
      .add_option("--redis-sentinel-password-file", redis_sentinel_password_file,
                  "A file with the Sentinels' password (or set SLUICE_REDIS_SENTINEL_PASSWORD)")
      ->type_name("FILE");
  auto& tls = settings.redis.tls;
  command
      .add_option("--redis-ca-file", tls.ca_file,
                  "A PEM file of the authorities to trust for Redis, instead of the system's")
      ->type_name("FILE");
  command
      .add_option("--redis-certificate-file", tls.certificate_file,
                  "A PEM file of a certificate to show to Redis; needs --redis-key-file")
      ->type_name("FILE");
  command.add_option("--redis-key-file", tls.key_file, "A PEM file of that certificate's key")->type_name("FILE");
  command.add_option("--redis-server-name", tls.server_name, "The name in Redis's certificate, if it is not the host");
  command.add_option("--queue", settings.queue.name, "The name of the queue in Redis")->capture_default_str();
  command.add_option("--prefix", settings.queue.prefix, "The prefix of its name")->capture_default_str();
}

std::optional<std::string> queue_arguments::complete() {
  if (auto problem = read_secret(settings.write_key, "--write-key-file", write_key_file, "SLUICE_WRITE_KEY"))
    return problem;
  if (auto problem =
          read_secret(settings.redis.password, "--redis-password-file", redis_password_file, "SLUICE_REDIS_PASSWORD"))
    return problem;
  if (auto problem = read_secret(settings.redis.sentinel.password, "--redis-sentinel-password-file",
                                 redis_sentinel_password_file, "SLUICE_REDIS_SENTINEL_PASSWORD"))
    return problem;
  return settings.persistence.empty() ? default_queue(settings) : std::nullopt;
}

std::unique_ptr<queue_admin> open_queue(queue_arguments& arguments, const std::string& command) {
  if (const auto problem = arguments.complete()) {
    complain(command, *problem);
    return nullptr;
  }
  auto queue = make_queue_admin(arguments.settings);
  // A queue in Redis is not reached before it is used.
  const auto reached = queue ? (*queue)->stats() : queue.error();
  if (!reached) {
    complain(command, text_of(reached.error()));
    return nullptr;
  }
  return std::move(*queue);
}

} // namespace sluice
