#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include "actors/handles.hpp"
#include "sluice/analytics.hpp"
#include "sluice/client.hpp"
#include "sluice/config.hpp"
#include "sluice/send.hpp"

namespace sluice::test {

/// A CAF application that runs the real actors on real threads.
class pipeline {
public:
  explicit pipeline(options o, extensions parts = {});

  /// Valid options for an endpoint.
  static options to(const std::string& url);

  caf::actor_system& system() { return system_; }
  analytics& running() { return running_; }
  sluice::client& client() { return client_; }

  /// The present actors.
  std::shared_ptr<const peer_table> peers();

private:
  struct config : caf::actor_system_config {
    config();
  };
  config config_;
  caf::actor_system system_;
  analytics running_;
  sluice::client client_;
};

/// Waits, 30 s at most, until something is true; gives whether it came true.
bool eventually(const std::function<bool()>& is_true);
/// Waits until something is as large as that. Gives up, and gives false, when it has not grown for 30 s.
bool grows_to(std::size_t wanted, const std::function<std::size_t()>& size);

} // namespace sluice::test
