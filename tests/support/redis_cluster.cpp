#include "support/redis_cluster.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "support/pipeline.hpp"

namespace sluice::test {

namespace {

constexpr std::size_t slots = 16'384;

void require_ok(const redis_server& server, const std::vector<std::string>& command) {
  if (const auto answer = server.command(command); answer != "OK")
    throw std::runtime_error(command[0] + " " + command[1] + ": " + answer);
}

std::string id_of(const redis_server& server) {
  return server.command({"CLUSTER", "MYID"});
}

bool has(const redis_server& server, const std::vector<std::string>& command, const std::string& words) {
  return server.command(command).find(words) != std::string::npos;
}

// In a line of CLUSTER NODES, whose ninth word and those behind it are slots, `7` or `7-9`.
bool has_slot(const std::string& line, int slot) {
  std::istringstream words{line};
  std::string word;
  for (int i = 0; i < 8; ++i)
    words >> word;
  while (words >> word) {
    if (word[0] == '[') // on its way
      continue;
    const auto hyphen = word.find('-');
    const int first = std::stoi(word), last = hyphen == std::string::npos ? first : std::stoi(word.substr(hyphen + 1));
    if (first <= slot && slot <= last)
      return true;
  }
  return false;
}

} // namespace

redis_cluster::redis_cluster(std::size_t masters, std::size_t replicas, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                                     "--cluster-require-full-coverage", "no",
                                     // A replica takes the place of its master however long that has been away.
                                     "--cluster-replica-validity-factor", "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (std::size_t i = 0; i < masters * (1 + replicas); ++i)
    servers_.push_back(std::make_unique<redis_server>(arguments));
  for (std::size_t i = 0; i < masters; ++i) {
    const auto first = slots * i / masters, last = slots * (i + 1) / masters - 1;
    require_ok(server(i), {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
    require_ok(server(i), {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
  const auto everywhere = [&](const auto& holds) {
    return eventually(
        [&] { return std::all_of(servers_.begin(), servers_.end(), [&](auto& s) { return holds(*s); }); });
  };
  for (std::size_t i = 1; i < size(); ++i)
    require_ok(server(0), {"CLUSTER", "MEET", "127.0.0.1", std::to_string(server(i).port())});
  const auto known = "cluster_known_nodes:" + std::to_string(size());
  bool ready = everywhere([&](const redis_server& s) { return has(s, {"CLUSTER", "INFO"}, known); });
  for (std::size_t i = masters; i < size(); ++i)
    require_ok(server(i), {"CLUSTER", "REPLICATE", id_of(server((i - masters) / std::max<std::size_t>(replicas, 1)))});
  ready = ready && everywhere([&](const redis_server& s) {
            return has(s, {"CLUSTER", "INFO"}, "cluster_state:ok") &&
                   (has(s, {"INFO", "replication"}, "role:master") ||
                    has(s, {"INFO", "replication"}, "master_link_status:up"));
          });
  if (!ready)
    throw std::runtime_error("the cluster does not get ready");
}

std::string redis_cluster::nodes() const {
  std::string list;
  for (const auto& s : servers_)
    list += (list.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(s->port());
  return list;
}

redis_server* redis_cluster::serving(const std::string& key) {
  for (const auto& s : servers_)
    if (s->running() && !s->command({"EXISTS", key}).starts_with("-"))
      return s.get();
  return nullptr;
}

void redis_cluster::allow_failover(bool allowed) const {
  for (const auto& s : servers_)
    if (s->running())
      require_ok(*s, {"CONFIG", "SET", "cluster-replica-no-failover", allowed ? "no" : "yes"});
}

void redis_cluster::begin_move(const std::string& slot, const redis_server& from, const redis_server& to) const {
  require_ok(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", id_of(from)});
  require_ok(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", id_of(to)});
}

void redis_cluster::move_keys(const std::vector<std::string>& keys, const redis_server& from,
                              const redis_server& to) const {
  std::vector<std::string> command{"MIGRATE", "127.0.0.1", std::to_string(to.port()), "", "0", "5000", "KEYS"};
  command.insert(command.end(), keys.begin(), keys.end());
  require_ok(from, command);
}

void redis_cluster::end_move(const std::string& slot, const redis_server& from, const redis_server& to) const {
  for (const auto* s : {&to, &from})
    require_ok(*s, {"CLUSTER", "SETSLOT", slot, "NODE", id_of(to)});
}

void redis_cluster::hand_over(const std::string& slot, const redis_server& from, const redis_server& to) const {
  begin_move(slot, from, to);
  for (;;) {
    std::istringstream listed{from.command({"CLUSTER", "GETKEYSINSLOT", slot, "1000"})};
    std::vector<std::string> keys;
    for (std::string key; std::getline(listed, key);)
      keys.push_back(key);
    if (keys.empty())
      break;
    move_keys(keys, from, to);
  }
  end_move(slot, from, to);
}

void redis_cluster::move(const std::string& slot, const redis_server& from, const redis_server& to) const {
  hand_over(slot, from, to);
  const auto known = [&](const redis_server& s) {
    const auto nodes = "\n" + s.command({"CLUSTER", "NODES"}); // a line for each, with its slots at the end
    const auto line = nodes.substr(nodes.find("\n" + id_of(to)) + 1);
    return has_slot(line.substr(0, line.find('\n')), std::stoi(slot));
  };
  if (!eventually([&] { return std::all_of(servers_.begin(), servers_.end(), [&](auto& s) { return known(*s); }); }))
    throw std::runtime_error("not every node knows of the move");
}

} // namespace sluice::test
