#include "support/redis_sentinels.hpp"

#include <filesystem>
#include <stdexcept>

#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

namespace sluice::test {

namespace {

bool answers_ping(std::uint16_t port) {
  try {
    const auto reply = redis_command(port, {"PING"});
    return reply == "PONG" || reply.starts_with("-NOAUTH");
  } catch (const std::runtime_error&) {
    return false;
  }
}

} // namespace

redis_sentinels::redis_sentinels(std::uint16_t master, std::size_t count, const std::vector<std::string>& more) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto port = free_port();
    const auto name = std::to_string(i);
    const auto folder = folder_.path() + "/" + name;
    std::filesystem::create_directory(folder);
    std::string text = "port " + std::to_string(port) + "\nbind 127.0.0.1\ndir " + folder +
                       "\nsentinel monitor mymaster 127.0.0.1 " + std::to_string(master) + " " +
                       std::to_string(count / 2 + 1) +
                       "\nsentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 3000\n";
    for (const auto& line : more)
      text += line + "\n";
    ports_.push_back(port);
    processes_.push_back(std::make_unique<process>(std::vector<std::string>{
        "/usr/bin/env", redis_program(), folder_.write("sentinel-" + name, text), "--sentinel"}));
  }
  for (const auto port : ports_)
    if (!eventually([&] { return answers_ping(port); }))
      throw std::runtime_error("a Sentinel does not answer");
}

std::string redis_sentinels::nodes() const {
  std::string list;
  for (const auto port : ports_)
    list += (list.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
  return list;
}

std::uint16_t redis_sentinels::master() const {
  const auto address = redis_command(ports_[0], {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"});
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.find('\n') + 1)));
}

bool redis_sentinels::are_ready(std::size_t replicas) const {
  for (const auto port : ports_) {
    const auto master = redis_command(port, {"SENTINEL", "MASTER", "mymaster"});
    if (master.find("\nnum-slaves\n" + std::to_string(replicas) + "\n") == std::string::npos ||
        master.find("\nnum-other-sentinels\n" + std::to_string(ports_.size() - 1) + "\n") == std::string::npos)
      return false;
  }
  return true;
}

} // namespace sluice::test
