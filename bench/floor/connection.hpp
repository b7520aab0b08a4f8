#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <poll.h>

#include "floor/batch.hpp"

namespace sluice::bench {

/// A kept-alive connection of the floor to the server. It posts one batch at a time, and never waits.
class floor_connection {
public:
  floor_connection(std::uint16_t port, bool gzip);
  ~floor_connection();
  floor_connection(const floor_connection&) = delete;
  floor_connection& operator=(const floor_connection&) = delete;

  bool is_busy() const noexcept { return batch_.body != nullptr; }
  /// Begins to post a batch. It must not be busy.
  void post(floor_batch);
  /// What it waits for while it is busy.
  pollfd waits_for() const noexcept;
  /// Goes on. Returns the batch if it is delivered.
  std::optional<floor_batch> go_on();

private:
  bool is_sent() const noexcept { return sent_ == head_.size() + batch_.body->size(); }
  void send();
  bool receive();

  const int socket_;
  const bool gzip_;
  floor_batch batch_;
  std::string head_, answer_;
  std::size_t sent_ = 0;
};

} // namespace sluice::bench
