#include "floor/redis_link.hpp"

#include <stdexcept>
#include <string>

namespace sluice::bench {

namespace {

void throw_if_error(const redisReply& answer) {
  if (answer.type == REDIS_REPLY_ERROR)
    throw std::runtime_error("the floor's Redis answered: " + std::string{answer.str, answer.len});
  if (answer.type == REDIS_REPLY_ARRAY) // of EXEC
    for (std::size_t i = 0; i < answer.elements; ++i)
      throw_if_error(*answer.element[i]);
}

} // namespace

redis_link::redis_link(std::uint16_t port) : connection_{redisConnectNonBlock("127.0.0.1", port)} {
  if (!connection_ || connection_->err != 0)
    throw std::runtime_error("the floor cannot connect to Redis");
}

void redis_link::add(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto w : words) {
    texts.push_back(w.data());
    sizes.push_back(w.size());
  }
  redisAppendCommandArgv(connection_.get(), static_cast<int>(words.size()), texts.data(), sizes.data());
  is_sent_ = false;
  ++awaited_;
}

bool redis_link::go_on() {
  int is_sent = 1;
  const auto did = is_sent_ ? redisBufferRead(connection_.get()) : redisBufferWrite(connection_.get(), &is_sent);
  is_sent_ = is_sent == 1;
  void* answer = nullptr;
  while (did == REDIS_OK && redisGetReplyFromReader(connection_.get(), &answer) == REDIS_OK && answer) {
    last_.reset(static_cast<redisReply*>(answer));
    throw_if_error(*last_);
    --awaited_;
  }
  if (connection_->err != 0)
    throw std::runtime_error("the floor lost its connection to Redis");
  return awaited_ == 0;
}

pollfd redis_link::waits_for() const noexcept {
  return {connection_->fd, static_cast<short>(is_sent_ ? POLLIN : POLLOUT), 0};
}

const redisReply& redis_link::run(const std::vector<std::string_view>& words) {
  add(words);
  while (!go_on()) {
    auto socket = waits_for();
    ::poll(&socket, 1, -1);
  }
  return last();
}

} // namespace sluice::bench
