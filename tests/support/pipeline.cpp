#include "support/pipeline.hpp"

#include <stdexcept>

#include <poll.h>

namespace sluice::test {

namespace {

analytics start(caf::actor_system& system, const options& o, extensions parts) {
  auto running = spawn_analytics(system, o, std::move(parts));
  if (!running)
    throw std::runtime_error(running.error().front().field + " " + running.error().front().message);
  return std::move(*running);
}

} // namespace

pipeline::config::config() {
  configure(*this, custom_options_);
  compat::share_work(*this, 2);
}

options pipeline::to(const std::string& url) {
  return {.write_key = "k", .data_plane_url = url};
}

pipeline::pipeline(options o, extensions parts)
    : system_{config_}, running_{start(system_, o, std::move(parts))}, client_{running_} {}

std::shared_ptr<const peer_table> pipeline::peers() {
  std::shared_ptr<const peer_table> table;
  caf::scoped_actor self{system_};
  request(self, caf::actor_cast<supervisor_actor>(running_.supervisor), std::chrono::seconds{20}, get_peers{})
      .receive([&](const sluice::peers& p) { table = p.table; }, [](const caf::error&) {});
  return table;
}

bool eventually(const std::function<bool()>& is_true) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

bool grows_to(std::size_t wanted, const std::function<std::size_t()>& size) {
  for (auto now = size(); now < wanted;) {
    const auto before = now;
    if (!eventually([&] { return (now = size()) > before; }))
      return false;
  }
  return true;
}

} // namespace sluice::test
