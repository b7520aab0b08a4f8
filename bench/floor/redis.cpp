#include "floor/store.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

#include "store/redis/keys.hpp"
#include "store/redis/scripts.hpp"

namespace sluice::bench {

namespace {

constexpr std::string_view token = "floor:1:here", session = "1", mode = "single", incarnation = "floor";

// Sends the same commands, pipelined with hiredis alone.
class floor_redis : public floor_store {
public:
  explicit floor_redis(std::uint16_t port);
  void put(const std::string& id, std::size_t events, const std::string& body) override;
  void finish() override;

private:
  struct closer {
    void operator()(redisContext* c) const noexcept { redisFree(c); }
  };

  void add(const std::vector<std::string_view>& words);
  void call(redis_script, const std::vector<std::string_view>& arguments, const std::string& batch = {});
  void settle();
  void claim(const std::vector<std::string_view>& fresh, const std::string& batch = {});
  void run();

  const redis_keys keys_{{.name = "floor", .prefix = "bench"}};
  std::unique_ptr<redisContext, closer> connection_;
  std::array<std::string, redis_scripts.size()> hashes_;
  std::string delivered_;
  std::uint64_t units_ = 0;
  int added_ = 0;
};

floor_redis::floor_redis(std::uint16_t port) : connection_{redisConnect("127.0.0.1", port)} {
  for (std::size_t i = 0; i < redis_scripts.size(); ++i) {
    const auto text = redis_scripts[i].text;
    auto* answer =
        static_cast<redisReply*>(redisCommand(connection_.get(), "SCRIPT LOAD %b", text.data(), text.size()));
    if (!answer || answer->type != REDIS_REPLY_STRING)
      throw std::runtime_error("the floor cannot load the scripts");
    hashes_[i] = answer->str;
    freeReplyObject(answer);
  }
  call(redis_script::acquire, {token, "0", mode, "10000", "fingerprint", "0", redis_schema, "", "0", "1", "none"});
  run();
}

void floor_redis::put(const std::string& id, std::size_t events, const std::string& body) {
  settle();
  const auto key = keys_.body(id), count = std::to_string(events), size = std::to_string(body.size());
  add({"MULTI"});
  add({"SET", key, body, "NX", "PX", "600000"});
  claim({id, count, size}, id);
  add({"EXEC"});
  run();
  delivered_ = id;
}

void floor_redis::finish() {
  settle();
  claim({});
  run();
}

void floor_redis::settle() {
  const auto id = std::exchange(delivered_, ""), answered = std::to_string(units_);
  if (!id.empty())
    call(redis_script::apply,
         {token, session, mode, incarnation, answered,  "",           "60000", "10000", "0", "0",   "0", "",
          "",    "0",     "0",  "",          "1000000", "1073741824", "0",     "60000", "1", "ack", id,  "1"},
         id);
}

void floor_redis::claim(const std::vector<std::string_view>& fresh, const std::string& batch) {
  const auto number = std::to_string(++units_), answered = std::to_string(units_ - 1);
  std::vector<std::string_view> arguments{token,   session, mode,       incarnation,  answered, "8",     "60000",
                                          "10000", "0",     "10000000", "4294967296", "",       "",      number,
                                          "0",     "",      "1000000",  "1073741824", "0",      "60000", "0"};
  arguments.insert(arguments.end(), fresh.begin(), fresh.end());
  call(redis_script::apply, arguments, batch);
}

void floor_redis::call(redis_script script, const std::vector<std::string_view>& arguments, const std::string& batch) {
  const auto& keys = keys_.of_scripts();
  const auto count = std::to_string(keys.size() + (batch.empty() ? 0 : 1)), body = keys_.body(batch);
  std::vector<std::string_view> words{"EVALSHA", hashes_[static_cast<std::size_t>(script)], count};
  words.insert(words.end(), keys.begin(), keys.end());
  if (!batch.empty())
    words.emplace_back(body);
  words.insert(words.end(), arguments.begin(), arguments.end());
  add(words);
}

void floor_redis::add(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto w : words) {
    texts.push_back(w.data());
    sizes.push_back(w.size());
  }
  redisAppendCommandArgv(connection_.get(), static_cast<int>(words.size()), texts.data(), sizes.data());
  ++added_;
}

void floor_redis::run() {
  for (; added_ > 0; --added_) {
    void* answer = nullptr;
    if (redisGetReply(connection_.get(), &answer) != REDIS_OK)
      throw std::runtime_error("the floor lost its connection to Redis");
    const bool good = static_cast<redisReply*>(answer)->type != REDIS_REPLY_ERROR;
    const std::string text = good ? "" : static_cast<redisReply*>(answer)->str;
    freeReplyObject(answer);
    if (!good)
      throw std::runtime_error("the floor's Redis answered: " + text);
  }
}

} // namespace

std::unique_ptr<floor_store> make_floor_redis(std::uint16_t port) {
  return std::make_unique<floor_redis>(port);
}

} // namespace sluice::bench
