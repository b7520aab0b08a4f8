#include "support/catch.hpp"

#include "core/persistence/user_erasure.hpp"
#include "fakes/dead_queue.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using texts = std::vector<std::string>;

batch_ptr batch_of(const texts& events, bool gzip = true) {
  std::string text;
  for (const auto& e : events)
    text += (text.empty() ? "" : ",\n") + e;
  return std::make_shared<const batch>(batch{.id = "b-1",
                                             .events = static_cast<std::uint32_t>(events.size()),
                                             .payload = payload_sealer{}.seal(text, gzip, {})});
}

// The events that are left; `user` events are of the user.
texts left_of(const texts& events, const erased_user& who, std::uint32_t of_user, bool gzip = true) {
  const auto b = batch_of(events, gzip);
  payload_sealer sealer;
  const auto without = without_user(*b, who, sealer, {}).value();
  CHECK(without.events == of_user);
  if (of_user == 0)
    return events;
  if (!without.rest)
    return {};
  CHECK(without.rest->id == "b-1");
  CHECK(is_gzip(*without.rest->payload) == gzip);
  const auto body = open_payload(*without.rest->payload).value();
  texts rest;
  for (const auto e : events_of(body).value())
    rest.emplace_back(e);
  CHECK(rest.size() == without.rest->events);
  return rest;
}

const std::string of_u = R"({"type":"track","userId":"u","event":"e"})";
const std::string of_v = R"({"type":"track","userId":"v","event":"u"})";

} // namespace

TEST_CASE("the events of a user leave a batch, and the others stay as they are", "[unit][erase]") {
  for (const bool gzip : {true, false}) {
    CHECK(left_of({of_u, of_v, of_u, of_v}, {.user = "u"}, 2, gzip) == texts{of_v, of_v});
    CHECK(left_of({of_v, of_v}, {.user = "u"}, 0, gzip) == texts{of_v, of_v});
    CHECK(left_of({of_u, of_u}, {.user = "u"}, 2, gzip).empty());
  }
}

TEST_CASE("a user is known by user id, anonymous id or previous id, and by nothing else", "[unit][erase]") {
  const texts mine{R"({"userId":"u"})", R"({"anonymousId":"a","userId":"v"})", R"({"previousId":"u","userId":"v"})",
                   R"({"previousId":"a","userId":"v"})"};
  const texts others{R"({"userId":"a"})", R"({"anonymousId":"u"})", R"({"traits":{"userId":"u"},"userId":"v"})",
                     R"({"properties":["userId","u",{"anonymousId":"a"}],"userId":"uu"})", R"({"userId":""})"};
  auto all = mine;
  all.insert(all.end(), others.begin(), others.end());
  CHECK(left_of(all, {.user = "u", .anonymous = "a"}, 4) == others);
  CHECK(left_of({R"({"userId":"","anonymousId":"x"})"}, {.user = "u"}, 0).size() == 1);
}

TEST_CASE("a user id is found however it is written in the JSON", "[unit][erase]") {
  CHECK(left_of({R"({"userId":"\u0075ser"})", of_v}, {.user = "user"}, 1) == texts{of_v});
  CHECK(left_of({R"({"userId":"a\"b\/c"})", of_v}, {.user = "a\"b/c"}, 1) == texts{of_v});
  CHECK(left_of({"{\"userId\":\"caf\\u00e9\"}", of_v}, {.user = "caf\xc3\xa9"}, 1) == texts{of_v});
}

TEST_CASE("a damaged payload, or one with another number of events, is no batch to erase from", "[unit][erase]") {
  payload_sealer sealer;
  batch b = *batch_of({of_u, of_v});
  b.events = 3;
  CHECK_FALSE(without_user(b, {.user = "u"}, sealer, {}));
  b.payload = std::make_shared<const std::string>("\x1f\x8bnonsense");
  CHECK_FALSE(without_user(b, {.user = "u"}, sealer, {}));
}

TEST_CASE("an erasure looks at all pages, and again until it finds nothing", "[unit][erase]") {
  dead_queue queue;
  for (int i = 0; i < 250; ++i)
    queue.add("b" + std::to_string(1'000 + i), i, {}, i % 2 ? texts{of_u, of_v} : texts{of_v});
  user_erasure e{{.user = "u"}};
  int pages = 0;
  for (; !e.is_over(); ++pages)
    REQUIRE(e.next(queue, {}));
  CHECK(pages == 6); // two looks at three pages
  CHECK(e.events() == 125);
  CHECK(e.batches() == 125);
  CHECK(e.what_is_left().empty());
}

TEST_CASE("what is in flight is waited for", "[unit][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {of_u, of_v});
  queue.in_flight = {"b1"};
  user_erasure e{{.user = "u"}};
  for (int i = 0; i < 5; ++i) {
    REQUIRE(e.next(queue, {}));
    CHECK(e.waits());
    CHECK(e.is_at_end());
  }
  CHECK_FALSE(e.is_over());
  CHECK(e.what_is_left().starts_with("1 event of the user is in flight"));
  queue.in_flight.clear();
  while (!e.is_over())
    REQUIRE(e.next(queue, {}));
  CHECK(e.events() == 1);
  CHECK(e.what_is_left().empty());
  CHECK(queue.letters.at(0).events == 1);
}

TEST_CASE("an erasure says what it could not read, and keeps its place when the queue fails", "[unit][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {of_u});
  queue.add("b2", 2, {}, {of_v});
  queue.letters[1].payload = std::make_shared<const std::string>("\x1f\x8bnonsense");
  user_erasure e{{.user = "u"}};
  queue.broken = true;
  CHECK(e.next(queue, {}).error().code == errc::store_failed);
  queue.broken = false;
  while (!e.is_over())
    REQUIRE(e.next(queue, {}));
  CHECK(e.events() == 1);
  CHECK(e.what_is_left() == "1 batch cannot be read, and may have events of the user");
}

TEST_CASE("an erasure looks once more at all of the queue when no more of the user can come", "[unit][erase]") {
  dead_queue queue;
  for (int i = 0; i < 250; ++i)
    queue.add("b" + std::to_string(1'000 + i), i, {}, {of_v});
  const std::chrono::system_clock::time_point begin{}, comes_until = begin + std::chrono::seconds{30};
  user_erasure e{{.user = "u"}, comes_until};
  auto now = begin;
  for (int pages = 0; !e.is_over(); ++pages) {
    REQUIRE(pages < 1'000);
    if (now == comes_until - std::chrono::seconds{1})
      queue.add("b1249a", 999, {}, {of_u}); // behind what a look that has begun may have passed
    REQUIRE(e.next(queue, now));
    now += std::chrono::seconds{1};
  }
  CHECK(e.events() == 1);
  CHECK(now - comes_until >= std::chrono::seconds{3}); // three pages
  CHECK(e.what_is_left() == "");
}
