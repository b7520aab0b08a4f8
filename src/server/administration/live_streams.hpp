#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "server/administration/call.hpp"
#include "server/service.hpp"

namespace sluice {

/// Takes a call that is permitted, and answers it once, on any thread. Returns whether there was room for it.
using admin_call_hook = std::function<bool(admin_request, reply_hook)>;

/// Tells those that listen how the system is, once a second, as server-sent events: `status`, and `jobs` when they have
/// changed.
class live_streams {
public:
  explicit live_streams(admin_call_hook ask) : ask_{std::move(ask)} {}

  /// Begins to answer with events, until the client goes or may not listen any more; with 429 if there are too many.
  void begin(const responder&, std::function<bool()> may_listen) const;

  static constexpr std::size_t most = 16;
  static constexpr std::chrono::seconds pause{1};

private:
  class stream;

  admin_call_hook ask_;
  /// How many are open; streams may outlive this.
  std::shared_ptr<std::atomic<std::size_t>> open_ = std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace sluice
