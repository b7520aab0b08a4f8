#include "harness/meter.hpp"

#include <chrono>
#include <sstream>
#include <string>

namespace sluice::bench {

meter::meter(workbench& w, store_kind k)
    : bench_{w}, has_redis_{k == store_kind::redis}, redis_begin_{of_redis()}, begin_{of_process()} {}

row meter::of_events(std::int64_t events) const {
  const auto now = of_process();
  const auto redis = of_redis();
  const auto n = static_cast<double>(events), batches = static_cast<double>(now.requests - begin_.requests);
  row r{{"events_per_s", n / (now.seconds - begin_.seconds)},
        {"batch_events", n / batches},
        {"cpu_s", (now.cpu_s - begin_.cpu_s) / n * 1e6},
        {"switches", (now.switches - begin_.switches) / batches}};
  if (has_redis_) {
    r["redis_cpu_s"] = (redis.cpu_s - redis_begin_.cpu_s) / n * 1e6;
    r["redis_commands"] = (redis.commands - redis_begin_.commands) / batches;
    r["redis_scripts"] = (redis.scripts - redis_begin_.scripts) / batches;
  }
  return r;
}

row meter::of_cores() const {
  const auto now = of_process();
  const auto redis = of_redis();
  const auto seconds = now.seconds - begin_.seconds;
  row r{{"core_percent", (now.cpu_s - begin_.cpu_s) / seconds * 100}};
  if (has_redis_)
    r["redis_core_percent"] = (redis.cpu_s - redis_begin_.cpu_s) / seconds * 100;
  return r;
}

std::int64_t meter::requests() const {
  return bench_.server.requests() - begin_.requests;
}

meter::process_reading meter::of_process() const {
  const auto all = usage_of_process(), server = bench_.server.used();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {.seconds = std::chrono::duration<double>(now).count(),
          .cpu_s = all.cpu_s - server.cpu_s,
          .switches = all.switches - server.switches,
          .requests = bench_.server.requests()};
}

// Reads lines like `used_cpu_sys:0.8` and `cmdstat_zadd:calls=7,usec=9`.
meter::redis_reading meter::of_redis() const {
  redis_reading found;
  std::istringstream lines{has_redis_ ? bench_.stores.redis().command({"INFO", "all"}) : ""};
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.substr(0, line.find(':'));
    if (name == "used_cpu_sys" || name == "used_cpu_user")
      found.cpu_s += std::stod(line.substr(name.size() + 1));
    else if (name.starts_with("cmdstat_"))
      (name == "cmdstat_evalsha" ? found.scripts : found.commands) += std::stod(line.substr(line.find('=') + 1));
  }
  return found;
}

} // namespace sluice::bench
