#include "store/redis/unit.hpp"

#include "unit/store/redis/queue_under_test.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::vector<redis_reply> replies(std::string_view bytes) {
  std::vector<redis_reply> all;
  redis_reply_reader reader;
  reader.feed(bytes);
  while (void* reply = reader.next())
    all.emplace_back(reply);
  return all;
}

} // namespace

TEST_CASE("a unit of which a part was done has begun, whatever came of the rest", "[store][redis]") {
  unit_of_work work;
  work.settlements = {retain{}, ack{{"a-1", 1}}};
  const options o;
  const redis_keys keys{o.queue};
  redis_connection nowhere{o.redis};
  redis_unit unit{work, keys, o, {"token", "1", "single"}, {.own = 2, .answered = 1}};
  unit.add_to(nowhere);
  SECTION("another server has the queue meanwhile") {
    CHECK(!unit.read(replies(":0\r\n-MOVED 1 127.0.0.1:7000\r\n")));
    CHECK(unit.has_begun());
  }
  SECTION("another server has it from the beginning") {
    CHECK(!unit.read(replies("-MOVED 1 127.0.0.1:7000\r\n-MOVED 1 127.0.0.1:7000\r\n")));
    CHECK(!unit.has_begun());
  }
  CHECK(unit.trouble() == redis_trouble::wrong_server);
}
