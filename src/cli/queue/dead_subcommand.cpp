#include "cli/queue/dead_subcommand.hpp"

#include <sstream>

#include "cli/complain.hpp"
#include "core/printable.hpp"

namespace sluice {

CLI::App* add_dead_subcommand(CLI::App& dead, queue_arguments& queue, const char* name, const char* what) {
  auto* cmd = dead.add_subcommand(name, what);
  cmd->footer(std::string{queue_exit_status} + queue_environment);
  queue.add_to(*cmd);
  return cmd;
}

int dead_failed(const std::string& subcommand, const error& why) {
  complain("dead " + subcommand, text_of(why));
  return 1;
}

std::string json_for_terminal(const nlohmann::ordered_json& json, int indent) {
  std::istringstream lines{json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
  std::string text;
  for (std::string line; std::getline(lines, line);)
    text += terminal_line(line) + '\n';
  return text;
}

} // namespace sluice
