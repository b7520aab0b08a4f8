#include "cli/queue_arguments.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "store/fingerprint.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

// `$XDG_STATE_HOME/sluice/<fingerprint>.db`: a queue for each destination, readable by its user only.
std::optional<std::string> default_queue(options& o) {
  namespace fs = std::filesystem;
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if ((!state || !*state) && (!home || !*home))
    return "--store is required: neither XDG_STATE_HOME nor HOME is set";
  const fs::path folder = (state && *state ? fs::path{state} : fs::path{home} / ".local" / "state") / "sluice";
  std::error_code why;
  fs::create_directories(folder, why);
  if (!why)
    fs::permissions(folder, fs::perms::owner_all, why);
  if (why)
    return folder.string() + ": " + why.message();
  o.persistence = "sqlite:" + (folder / (fingerprint_of(o) + ".db")).string();
  return std::nullopt;
}

} // namespace

void queue_arguments::add_to(CLI::App& command) {
  command.add_option("--url", settings.data_plane_url, "The data plane, as in https://events.example.com");
  auto* key =
      command.add_option("--write-key", settings.write_key, "The source's key (better: SLUICE_WRITE_KEY, or a file)");
  command.add_option("--write-key-file", write_key_file, "A file that holds the key")->excludes(key);
  settings.persistence.clear();
  command.add_option("--store", settings.persistence,
                     "Where batches wait: memory, or sqlite:PATH (default: a file for this URL and key, in "
                     "$XDG_STATE_HOME/sluice)");
}

std::optional<std::string> queue_arguments::complete() {
  if (!write_key_file.empty()) {
    std::ifstream in{write_key_file};
    if (!std::getline(in, settings.write_key))
      return "--write-key-file: " + write_key_file + " cannot be read or is empty";
  } else if (const char* key = std::getenv("SLUICE_WRITE_KEY"); settings.write_key.empty() && key) {
    settings.write_key = key;
  }
  return settings.persistence.empty() ? default_queue(settings) : std::nullopt;
}

std::unique_ptr<queue_admin> open_queue(queue_arguments& arguments, const char* command) {
  if (const auto problem = arguments.complete()) {
    std::cerr << "sluice " << command << ": " << *problem << '\n';
    return nullptr;
  }
  auto queue = make_queue_admin(arguments.settings);
  if (!queue) {
    std::cerr << "sluice " << command << ": " << to_string(queue.error()) << '\n';
    return nullptr;
  }
  return std::move(*queue);
}

} // namespace sluice
