#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "floor/redis_link.hpp"
#include "floor/store.hpp"

namespace sluice::bench {

namespace {

constexpr std::string_view ready = "{bench:plain}:ready", records = "{bench:plain}:records",
                           totals = "{bench:plain}:totals";

std::string body_of(const floor_batch& b) {
  return "{bench:plain}:b:" + b.id;
}

std::string events_of(const std::vector<floor_batch>& batches) {
  std::size_t events = 0;
  for (const auto& b : batches)
    events += b.events;
  return std::to_string(events);
}

// One transaction of plain commands, as one writes them for a queue with one process: the bodies, the order, a record
// of each batch, and the totals.
class floor_plain_redis : public floor_store {
public:
  explicit floor_plain_redis(std::uint16_t port) : link_{port} {}
  bool begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) override;
  bool go_on() override { return link_.go_on(); }
  pollfd waits_for() const override { return link_.waits_for(); }
  std::size_t left() override;

private:
  void remove(const std::vector<floor_batch>&);
  void insert(const std::vector<floor_batch>&);

  redis_link link_;
};

bool floor_plain_redis::begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) {
  link_.add({"MULTI"});
  if (!delivered.empty())
    remove(delivered);
  if (!fresh.empty())
    insert(fresh);
  link_.add({"EXEC"});
  return link_.go_on();
}

void floor_plain_redis::remove(const std::vector<floor_batch>& batches) {
  std::vector<std::string> bodies;
  bodies.reserve(batches.size());
  std::vector<std::string_view> unlink{"UNLINK"}, zrem{"ZREM", ready}, hdel{"HDEL", records};
  for (const auto& b : batches) {
    unlink.push_back(bodies.emplace_back(body_of(b)));
    zrem.push_back(b.id);
    hdel.push_back(b.id);
  }
  for (const auto& command : {unlink, zrem, hdel})
    link_.add(command);
  link_.add({"HINCRBY", totals, "delivered", events_of(batches)});
}

void floor_plain_redis::insert(const std::vector<floor_batch>& batches) {
  std::vector<std::string> texts;
  texts.reserve(2 * batches.size());
  std::vector<std::string_view> zadd{"ZADD", ready}, hset{"HSET", records};
  for (const auto& b : batches) {
    link_.add({"SET", body_of(b), *b.body});
    zadd.insert(zadd.end(), {texts.emplace_back(std::to_string(b.number)), b.id});
    hset.insert(hset.end(),
                {b.id, texts.emplace_back(std::to_string(b.events) + " " + std::to_string(b.body->size()))});
  }
  link_.add(zadd);
  link_.add(hset);
  link_.add({"HINCRBY", totals, "stored", events_of(batches)});
}

std::size_t floor_plain_redis::left() {
  const auto bodies = link_.run({"KEYS", "{bench:plain}:b:*"}).elements;
  const auto count = [&](const redisReply& answer) { return static_cast<std::size_t>(answer.integer); };
  return bodies + count(link_.run({"ZCARD", ready})) + count(link_.run({"HLEN", records}));
}

} // namespace

std::unique_ptr<floor_store> make_floor_plain_redis(std::uint16_t port) {
  return std::make_unique<floor_plain_redis>(port);
}

} // namespace sluice::bench
