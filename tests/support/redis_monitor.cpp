#include "support/redis_monitor.hpp"

#include <stdexcept>

#include <hiredis/hiredis.h>

namespace sluice::test {

namespace {

constexpr timeval patience{.tv_sec = 5, .tv_usec = 0};

// Of `1700000000.123456 [0 lua] "HGET" "key" …` those in quotes, which are taken as they are escaped.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  if (line.find(" lua] ") != std::string::npos)
    words.emplace_back("lua");
  for (auto at = line.find('"'); at != std::string::npos; at = line.find('"', at)) {
    const auto begin = ++at;
    while (at < line.size() && line[at] != '"')
      at += line[at] == '\\' ? 2 : 1;
    words.push_back(line.substr(begin, at - begin));
    ++at;
  }
  return words;
}

} // namespace

void redis_monitor::closer::operator()(redisContext* c) const noexcept {
  redisFree(c);
}

redis_monitor::redis_monitor(const redis_server& server)
    : server_{server}, connection_{redisConnectUnixWithTimeout(server.socket().c_str(), patience)} {
  if (!connection_ || connection_->err != 0)
    throw std::runtime_error("cannot connect to redis-server");
  redisSetTimeout(connection_.get(), patience);
  redisAppendCommand(connection_.get(), "MONITOR");
  next();
}

std::string redis_monitor::next() {
  void* reply = nullptr;
  if (redisGetReply(connection_.get(), &reply) != REDIS_OK)
    throw std::runtime_error("redis-server says nothing of its commands");
  const std::string line{static_cast<redisReply*>(reply)->str, static_cast<redisReply*>(reply)->len};
  freeReplyObject(reply);
  return line;
}

std::vector<std::vector<std::string>> redis_monitor::commands() {
  server_.command({"ECHO", "until here"});
  std::vector<std::vector<std::string>> all;
  for (;;) {
    auto words = words_of(next());
    if (words.size() == 2 && words[1] == "until here")
      return all;
    all.push_back(std::move(words));
  }
}

} // namespace sluice::test
