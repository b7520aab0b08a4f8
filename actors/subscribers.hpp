#pragma once

#include <vector>

#include "actors/handles.hpp"

namespace sluice {

/// The actors that want to know. They are sent to anonymously, so that nothing comes back from those that do not
/// understand.
class subscribers {
public:
  static constexpr std::size_t most = 64;

  /// False if there are too many.
  bool add(const caf::actor& who);
  void remove(const caf::actor_addr& who);
  bool empty() const noexcept { return list_.empty(); }

  template <class Message>
  void tell(const Message& message) const {
    for (const auto& who : list_)
      compat::anon_send(who, message);
  }

  /// As reports, with the message ids out of the payload.
  void tell(const std::vector<batch_news>& news) const;

private:
  std::vector<caf::actor> list_;
};

} // namespace sluice
