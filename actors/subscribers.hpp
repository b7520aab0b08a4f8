#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "actors/handles.hpp"

namespace sluice {

/// What subscribers are told.
using notification = std::variant<delivery_report, backpressure, delivery_suspended, reports_missed, stopped>;

/// A notification that is to be sent now.
struct addressed_notification {
  caf::actor to;
  notification what;
};

/// The actors that subscribed. Each may have a window of unhandled notifications; what comes while the window is full
/// is summed up. The caller sends the notifications, and reports when one has been handled.
class subscribers {
public:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t window = 1'024;

  /// False if there are too many.
  bool add(const caf::actor& who, bool message_ids);
  void remove(const caf::actor_addr& who);

  /// Whether one of them asked for the ids of events.
  bool want_ids() const;

  /// News of batches, as reports.
  std::vector<addressed_notification> tell(const std::vector<batch_news>&);
  std::vector<addressed_notification> tell(const notification&);

  /// A subscriber has handled a notification. What it has missed is told when half of its window is free.
  std::vector<addressed_notification> handled_by(const caf::actor_addr& who);

private:
  struct subscriber {
    caf::actor who;
    bool message_ids = false;
    std::size_t under_way = 0;
    /// What waits for the window.
    reports_missed missed{};
    std::optional<backpressure> crossing{};
    std::optional<delivery_suspended> suspension{};
  };
  static void tell_one(subscriber&, notification, std::vector<addressed_notification>&);

  std::vector<subscriber> list_;
};

} // namespace sluice
