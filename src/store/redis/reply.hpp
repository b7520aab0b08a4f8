#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <hiredis/hiredis.h>

namespace sluice {

/// What Redis answered to one command; a view into it for its elements.
class redis_value {
public:
  explicit redis_value(const redisReply* reply) noexcept : reply_{reply} {}

  bool is_error() const noexcept { return reply_->type == REDIS_REPLY_ERROR; }
  bool is_nil() const noexcept { return reply_->type == REDIS_REPLY_NIL; }
  bool is_array() const noexcept { return reply_->type == REDIS_REPLY_ARRAY; }
  std::size_t size() const noexcept { return is_array() ? reply_->elements : 0; }
  redis_value operator[](std::size_t i) const noexcept { return redis_value{reply_->element[i]}; }
  /// Of strings, statuses and errors; else empty.
  std::string_view text() const noexcept {
    return reply_->str ? std::string_view{reply_->str, static_cast<std::size_t>(reply_->len)} : std::string_view{};
  }
  /// An integer, or text that is one and not negative.
  std::optional<std::int64_t> integer() const noexcept {
    if (reply_->type == REDIS_REPLY_INTEGER)
      return reply_->integer;
    const auto digits = text();
    std::int64_t n = 0;
    const auto [end, why] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (why != std::errc{} || end != digits.data() + digits.size() || n < 0)
      return std::nullopt;
    return n;
  }

private:
  const redisReply* reply_;
};

/// Owns an answer.
class redis_reply {
public:
  explicit redis_reply(void* reply) noexcept : reply_{static_cast<redisReply*>(reply)} {}
  redis_value value() const noexcept { return redis_value{reply_.get()}; }
  const redisReply* raw() const noexcept { return reply_.get(); }

private:
  struct freer {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
  };
  std::unique_ptr<redisReply, freer> reply_;
};

} // namespace sluice
