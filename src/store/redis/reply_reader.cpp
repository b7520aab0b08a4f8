#include "store/redis/reply_reader.hpp"

namespace sluice {

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_elements = 1'000'000;

redisReplyObjectFunctions& usual_functions() {
  static redisReplyObjectFunctions functions = [] {
    auto* const r = redisReaderCreate();
    const auto own = *r->fn;
    redisReaderFree(r);
    return own;
  }();
  return functions;
}

// hiredis makes room for as many elements as a server announces. Their number is of one type or another.
template <class Number>
void* create_array(const redisReadTask* task, Number elements) {
  return static_cast<std::size_t>(elements) <= most_elements ? usual_functions().createArray(task, elements) : nullptr;
}

redisReplyObjectFunctions& bounded_functions() {
  static redisReplyObjectFunctions functions = [] {
    auto own = usual_functions();
    own.createArray = create_array;
    return own;
  }();
  return functions;
}

} // namespace

redis_reply_reader::redis_reply_reader() : reader_{redisReaderCreateWithFunctions(&bounded_functions())} {
  if (!reader_)
    why_ = "out of memory";
}

void redis_reply_reader::feed(std::string_view bytes) {
  if (!why_.empty())
    return;
  unread_ += bytes.size();
  if (unread_ > most_bytes)
    why_ = "an answer is too long";
  else if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    why_ = reader_->errstr;
}

void* redis_reply_reader::next() {
  if (!why_.empty())
    return nullptr;
  void* answer = nullptr;
  if (redisReaderGetReply(reader_.get(), &answer) != REDIS_OK) {
    why_ = reader_->errstr;
    return nullptr;
  }
  if (answer)
    unread_ = reader_->len - reader_->pos;
  return answer;
}

} // namespace sluice
