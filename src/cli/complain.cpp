#include "cli/complain.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include "core/printable.hpp"

namespace sluice {

namespace {

// Returns the option of the command that sets an option of the library; empty if none does.
std::string argument_for(const std::string& field) {
  using spelling = std::pair<std::string_view, const char*>;
  constexpr std::array others{spelling{"data_plane_url", "--url"},
                              spelling{"persistence", "--store"},
                              spelling{"http.total", "--http-timeout"},
                              spelling{"http.connect", "--connect-timeout"},
                              spelling{"queue.name", "--queue"},
                              spelling{"queue.is_multi_processor", "--multi-processor"},
                              spelling{"queue.enqueue_only", "--enqueue"},
                              spelling{"redis.command", "--redis-timeout"},
                              spelling{"redis.ack", "--redis-ack"},
                              spelling{"redis.tls.ca_file", "--redis-ca-file"},
                              spelling{"redis.tls.certificate_file", "--redis-certificate-file"},
                              spelling{"redis.tls.key_file", "--redis-key-file"},
                              spelling{"redis.tls.server_name", "--redis-server-name"}};
  constexpr std::array<std::string_view, 15> alike{
      "write_key",   "allow_insecure",   "flush_at",     "flush_interval",     "max_batch_events",
      "ordering",    "max_in_flight",    "http.ca_file", "retry.max_attempts", "retry.max_age",
      "queue.lease", "queue.partitions", "queue.prefix", "sqlite.durability",  "redis.wait_replicas"};
  if (const auto* found = std::find_if(others.begin(), others.end(), [&](const auto& o) { return o.first == field; });
      found != others.end())
    return found->second;
  if (std::find(alike.begin(), alike.end(), field) == alike.end())
    return "";
  auto argument = "--" + field.substr(field.find('.') + 1); // as in retry.max_attempts
  std::replace(argument.begin(), argument.end(), '_', '-');
  return argument;
}

} // namespace

std::string text_of(const error& e) {
  const auto argument = argument_for(e.field);
  const auto& field = argument.empty() ? e.field : argument;
  return field + (field.empty() || e.message.empty() ? "" : ": ") + e.message;
}

void complain(const std::string& command, const std::string& line) {
  std::cerr << terminal_line("sluice" + (command.empty() ? "" : " " + command) + ": " + line) << '\n';
}

} // namespace sluice
