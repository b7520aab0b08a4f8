// What a Redis server answers, up to what a unit of work and an operator make of it. The first byte of the input says
// what was asked and in which pieces the answer arrives.
#include <algorithm>
#include <string>
#include <vector>

#include "cli/queue/age.hpp"
#include "core/persistence/dead_cursor.hpp"
#include "core/persistence/dead_filter.hpp"
#include "core/wire/batch_id.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "store/redis/error.hpp"
#include "store/redis/listing.hpp"
#include "store/redis/unit.hpp"

using namespace sluice;

namespace {

std::vector<redis_reply> read_replies(std::string_view bytes, std::size_t piece) {
  std::vector<redis_reply> replies;
  redis_reply_reader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (void* reply = reader.next())
      replies.emplace_back(reply);
  }
  return replies;
}

batch_ptr batch_of(const std::string& id) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = 2, .payload = std::make_shared<const std::string>("p")});
}

unit_of_work work_of(unsigned shape) {
  unit_of_work work{.incarnation = "a"};
  if (shape & 1U)
    work.settlements = {ack{{"a-1", 1}}, nack{{"a-2", 1}}, extend{{{"a-3", 1}}}, bury{{"a-4", 1}}};
  if (shape & 2U)
    work.settlements.insert(work.settlements.end(),
                            {split{{"a-5", 1}, batch_of("a-5.0"), batch_of("a-5.1")}, retain{}});
  if (shape & 4U)
    work.enqueues = {batch_of("a-6"), batch_of("a-7")};
  if (shape & 8U)
    work.look_for = {"a-8", "a-9"};
  return work;
}

void check_done(const unit_of_work& work, const work_done& done) {
  require(done.settled.size() == work.settlements.size(), "every settlement has an outcome");
  require(done.enqueued.size() == work.enqueues.size(), "every enqueue has an outcome");
  for (const auto& b : done.granted)
    require(is_batch_id(b.content->id), "a batch that is granted has an id");
}

// What an operator is shown, whatever the server says.
void check_operator(redis_value answer) {
  if (answer.is_error())
    (void)to_error(classify_redis_error(answer.text()), answer.text());
  if (const auto stats = read_stats(answer))
    require(stats->owners.size() == (answer.size() - 5) / 2, "every owner is named");
  dead_filter recent;
  recent.younger_than = std::chrono::hours{1};
  for (const auto& letter : read_dead_letters(answer)) {
    require(!age_of(letter.died).empty(), "a dead letter has an age");
    require(!cursor_of(letter).empty(), "a dead letter has a place");
    (void)recent.matches(letter, store_time::max());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const unsigned shape = data[0];
  const auto bytes = text_of(data + 1, size - 1);
  const auto replies = read_replies(bytes, shape & 32U ? 1 : bytes.size() + 1);
  for (const auto& r : replies)
    check_operator(r.value());

  const auto work = work_of(shape);
  options settings;
  settings.redis.ack = shape & 16U ? redis_ack::fsync : redis_ack::memory;
  settings.redis.wait_replicas = shape & 16U ? 1 : 0;
  redis_connection nowhere{settings.redis};
  const redis_keys keys{settings.queue};
  redis_unit unit{work, keys, settings, {"token", "1", "single"}, {.own = 2, .answered = 1}};
  unit.add_to(nowhere);
  const auto done = unit.read(replies);
  if (!done) {
    require(!done.error().message.empty(), "an error says why");
    return 0;
  }
  check_done(work, *done);
  if (unit.is_ungranted()) {
    if (const auto again = unit.read_claim_again(replies, *done))
      check_done(work, *again);
  }
  return 0;
}
