#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>
#include <poll.h>

namespace sluice::bench {

/// A connection of the floor to Redis. An error that Redis answers is thrown.
class redis_link {
public:
  explicit redis_link(std::uint16_t port);

  /// Gathers a command.
  void add(const std::vector<std::string_view>& words);
  /// Sends what is gathered, and receives the answers, without waiting. Returns whether all have come.
  bool go_on();
  pollfd waits_for() const noexcept;
  /// Returns the last answer.
  const redisReply& last() const noexcept { return *last_; }
  /// Runs one command and waits for its answer.
  const redisReply& run(const std::vector<std::string_view>& words);

private:
  template <auto Free>
  struct freed_by {
    template <class T>
    void operator()(T* p) const noexcept {
      Free(p);
    }
  };

  std::unique_ptr<redisContext, freed_by<redisFree>> connection_;
  std::unique_ptr<redisReply, freed_by<freeReplyObject>> last_;
  bool is_sent_ = true;
  int awaited_ = 0;
};

} // namespace sluice::bench
