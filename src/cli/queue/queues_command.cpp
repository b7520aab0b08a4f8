#include "cli/queue/queues_command.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/complain.hpp"
#include "cli/end_with_reader.hpp"
#include "cli/queue_arguments.hpp"
#include "core/printable.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

constexpr const char* queues_help = "The folder is $XDG_STATE_HOME/sluice or, if that variable is unset, "
                                    "~/.local/state/sluice. It has a queue for each\n"
                                    "URL and write key that were used without --store. `sluice run --store sqlite:PATH "
                                    "--url URL` delivers what waits.\n\n"
                                    "Exit status:\n"
                                    "  0  success\n"
                                    "  1  a queue cannot be read\n\n"
                                    "Environment:\n"
                                    "  XDG_STATE_HOME  the parent of the folder; if unset, ~/.local/state";

std::string line_about(const std::string& path, const store_stats& s, bool json) {
  const auto waiting = s.ready + s.in_flight + s.retry;
  std::vector<std::string> names;
  for (const auto& owner : s.owners)
    names.push_back(owner.name);
  if (json)
    return nlohmann::ordered_json{{"path", path}, {"waiting", waiting}, {"dead", s.dead}, {"owners", names}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string owners;
  for (const auto& name : names)
    owners += (owners.empty() ? "processed by " : ", ") + name;
  return path + "  waiting " + std::to_string(waiting) + "  dead " + std::to_string(s.dead) + "  " +
         (owners.empty() ? "not processed" : owners);
}

std::vector<std::string> paths_of_queues() {
  std::vector<std::string> paths;
  std::error_code none; // a folder that is not there has no queues
  for (const auto& entry : std::filesystem::directory_iterator{folder_of_queues(), none})
    if (entry.path().extension() == ".db")
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

int list_queues(bool json) {
  end_with_reader();
  int status = 0;
  for (const auto& path : paths_of_queues()) {
    options o;
    o.persistence = "sqlite:" + path;
    const auto queue = make_queue_admin(o);
    const auto stats = queue ? (*queue)->stats() : queue.error();
    if (stats) {
      std::cout << terminal_line(line_about(path, *stats, json)) << '\n';
      continue;
    }
    complain("queues", stats.error().message);
    status = 1;
  }
  return status;
}

} // namespace

void add_queues_command(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  auto* cmd = app.add_subcommand("queues", "List the queues in the default folder");
  cmd->footer(queues_help);
  cmd->add_flag("--json", *json, "Print JSON, an object a line");
  cmd->callback([json, &exit_code] { exit_code = list_queues(*json); });
}

} // namespace sluice
