#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/redis/reply.hpp"

namespace sluice {

/// Reads answers from bytes that arrive in any pieces. One answer has 64 MiB and a million elements at most, so that a
/// server cannot fill the memory of this process.
class redis_reply_reader {
public:
  redis_reply_reader();

  /// Takes bytes. After `next` has returned something else than null they are kept for the answers that follow.
  void feed(std::string_view bytes);
  /// Returns the next answer, for a `redis_reply`, or null if it has not arrived, or `why` is not empty.
  void* next();
  /// Why there can be no more answers; empty if there can.
  const std::string& why() const noexcept { return why_; }

private:
  struct freer {
    void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
  };

  std::unique_ptr<redisReader, freer> reader_;
  std::size_t unread_ = 0;
  std::string why_;
};

} // namespace sluice
