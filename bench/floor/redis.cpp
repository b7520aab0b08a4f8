#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "floor/redis_link.hpp"
#include "floor/store.hpp"
#include "store/redis/keys.hpp"
#include "store/redis/scripts.hpp"

namespace sluice::bench {

namespace {

constexpr std::string_view token = "floor:1:here", session = "1", mode = "single", incarnation = "floor";

using arguments = std::vector<std::string_view>;

// Calls the scripts of the library, as its store does.
class floor_redis : public floor_store {
public:
  explicit floor_redis(std::uint16_t port);
  bool begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) override;
  bool go_on() override;
  pollfd waits_for() const override { return link_.waits_for(); }
  std::size_t left() override;

private:
  void call(redis_script, const arguments&, const std::vector<floor_batch>& about = {});

  const redis_keys keys_{{.name = "floor", .prefix = "bench"}};
  redis_link link_;
  std::array<std::string, redis_scripts.size()> hashes_;
  std::uint64_t units_ = 0;
  std::size_t claimed_ = 0;
};

floor_redis::floor_redis(std::uint16_t port) : link_{port} {
  for (std::size_t i = 0; i < redis_scripts.size(); ++i)
    hashes_[i] = link_.run({"SCRIPT", "LOAD", redis_scripts[i].text}).str;
  call(redis_script::acquire, {token, "0", mode, "10000", "fingerprint", "0", redis_schema, "", "0", "1", "none"});
  link_.run({"PING"});
}

// Without new batches it only settles.
bool floor_redis::begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) {
  const auto answered = std::to_string(units_), unit = std::to_string(fresh.empty() ? units_ : ++units_),
             slots = fresh.empty() ? "" : std::to_string(fresh.size()), settled = std::to_string(delivered.size());
  arguments all{token,   session, mode,       incarnation,  answered, slots,   "60000",
                "10000", "0",     "10000000", "4294967296", "",       "",      unit,
                "0",     "",      "1000000",  "1073741824", "0",      "60000", settled};
  for (const auto& b : delivered)
    all.insert(all.end(), {"ack", b.id, "1"});
  std::vector<std::string> numbers;
  numbers.reserve(2 * fresh.size());
  if (!fresh.empty())
    link_.add({"MULTI"});
  for (const auto& b : fresh) {
    link_.add({"SET", keys_.body(b.id), *b.body, "NX", "PX", "600000"});
    const std::string_view events = numbers.emplace_back(std::to_string(b.events));
    all.insert(all.end(), {b.id, events, numbers.emplace_back(std::to_string(b.body->size()))});
  }
  auto about = delivered;
  about.insert(about.end(), fresh.begin(), fresh.end());
  if (!about.empty())
    call(redis_script::apply, all, about);
  if (!fresh.empty())
    link_.add({"EXEC"});
  claimed_ = fresh.size();
  return go_on();
}

bool floor_redis::go_on() {
  if (!link_.go_on())
    return false;
  constexpr std::size_t before = 5, of_each = 5; // of the script's answer, the last in that of EXEC
  const auto& answer = link_.last();
  if (claimed_ > 0 && answer.element[claimed_]->elements != before + of_each * claimed_)
    throw std::runtime_error("the floor's Redis has not leased every batch");
  return true;
}

void floor_redis::call(redis_script script, const arguments& rest, const std::vector<floor_batch>& about) {
  const auto& keys = keys_.of_scripts();
  const auto count = std::to_string(keys.size() + about.size());
  arguments words{"EVALSHA", hashes_[static_cast<std::size_t>(script)], count};
  words.insert(words.end(), keys.begin(), keys.end());
  std::vector<std::string> bodies;
  bodies.reserve(about.size());
  for (const auto& b : about)
    words.push_back(bodies.emplace_back(keys_.body(b.id)));
  words.insert(words.end(), rest.begin(), rest.end());
  link_.add(words);
}

std::size_t floor_redis::left() {
  constexpr std::size_t records_key = 4; // among the keys of every script
  const auto bodies = link_.run({"KEYS", keys_.body("*")}).elements;
  return bodies + static_cast<std::size_t>(link_.run({"HLEN", keys_.of_scripts()[records_key]}).integer);
}

} // namespace

std::unique_ptr<floor_store> make_floor_redis(std::uint16_t port) {
  return std::make_unique<floor_redis>(port);
}

} // namespace sluice::bench
