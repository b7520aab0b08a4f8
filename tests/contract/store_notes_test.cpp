#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "contract/store_under_test.hpp"
#include "store/note_bounds.hpp"

using namespace sluice;
using namespace sluice::test;

// What a queue keeps beside its batches.

namespace {

using notes_of_queue = std::vector<queue_note>;

// What operators of a queue use beside the process that has it.
std::unique_ptr<queue_admin> operator_of(const sqlite_backend& b) {
  auto queue = sqlite_queue::open(b.folder.path() + "/queue.db", sqlite_durability::normal);
  REQUIRE(queue);
  return std::make_unique<sqlite_queue>(std::move(*queue));
}

std::unique_ptr<queue_admin> operator_of(const redis_backend& b) {
  return std::make_unique<redis_admin>(b.where(), options{});
}

void put_all(queue_admin& queue, const notes_of_queue& all) {
  for (const auto& n : all)
    REQUIRE(queue.put_note(n, "").value());
}

} // namespace

TEMPLATE_LIST_TEST_CASE("a note is written, replaced and removed", "[store]", backends) {
  store_under_test<TestType> b;
  auto& queue = *b.under_test;
  CHECK(queue.notes("").value().empty());
  CHECK(queue.put_note({"job/1", "begun"}, "").value());
  CHECK(queue.notes("").value() == notes_of_queue{{"job/1", "begun"}});
  CHECK(queue.put_note({"job/1", "half done"}, "begun").value());
  CHECK(queue.notes("job/1").value() == notes_of_queue{{"job/1", "half done"}});
  CHECK(queue.put_note({"job/1", ""}, "half done").value());
  CHECK(queue.notes("").value().empty());
  CHECK(queue.put_note({"job/1", ""}, "").value()); // there is none, as expected
  CHECK(queue.notes("").value().empty());
  CHECK(queue.put_note({"job/1", "begun again"}, "").value());
  b.put({make("a")}); // batches and notes leave each other alone
  CHECK(b.granted_ids(2) == ids{"a"});
  CHECK(queue.notes("").value() == notes_of_queue{{"job/1", "begun again"}});
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("a note that is not as expected stays as it is", "[store]", backends) {
  store_under_test<TestType> b;
  auto& queue = *b.under_test;
  CHECK_FALSE(queue.put_note({"a", "new"}, "old").value());
  CHECK_FALSE(queue.put_note({"a", ""}, "old").value());
  CHECK(queue.notes("").value().empty());
  const notes_of_queue kept{{"a", "present"}};
  put_all(queue, kept);
  for (const auto* const was : {"", "old", "presen", "present ", "Present"})
    for (const auto* const text : {"new", "present", ""}) {
      INFO("'" << text << "' in place of '" << was << "'");
      CHECK_FALSE(queue.put_note({"a", text}, was).value());
      CHECK(queue.notes("").value() == kept);
    }
}

TEMPLATE_LIST_TEST_CASE("notes are found by the bytes that their names begin with, and sorted by them", "[store]",
                        backends) {
  store_under_test<TestType> b;
  auto& queue = *b.under_test;
  const std::string zero("a\0b", 3);
  notes_of_queue all;
  for (const auto& name : {std::string{"%"},
                           std::string{"%a"},
                           std::string{"*"},
                           std::string{"A"},
                           std::string{"[a]"},
                           std::string{"_"},
                           std::string{"a"},
                           zero,
                           std::string{"a b"},
                           std::string{"a%"},
                           std::string{"a*"},
                           std::string{"a.b"},
                           std::string{"a/b"},
                           std::string{"a_"},
                           std::string{"ab"},
                           std::string{"b"},
                           std::string{"note/a"},
                           std::string{"\xc3\xa4"},
                           std::string{"\xc3\xa4\xf0\x9f\x90\x9f"},
                           std::string{"\xff\xff"}})
    all.push_back({name, "of " + name});
  const auto by_name = [](const queue_note& x, const queue_note& y) { return x.name < y.name; };
  std::sort(all.begin(), all.end(), by_name);
  auto shuffled = all;
  std::reverse(shuffled.begin(), shuffled.end());
  put_all(queue, shuffled);
  CHECK(queue.notes("").value() == all);
  for (const auto& prefix :
       {"%", "a", "a%", "a_", "*", "a ", "[", "_", ".", "note/", "\xc3", "\xc3\xa4", "\xff", "c"}) {
    INFO(prefix);
    notes_of_queue expected;
    for (const auto& n : all)
      if (n.name.starts_with(prefix))
        expected.push_back(n);
    CHECK(queue.notes(prefix).value() == expected);
  }
  CHECK(queue.put_note({"a%", ""}, "of a%").value());
  CHECK(queue.put_note({"*", ""}, "of *").value());
  CHECK(queue.notes("").value().size() == all.size() - 2);
}

TEMPLATE_LIST_TEST_CASE("the name and the text of a note are bounded", "[store]", backends) {
  store_under_test<TestType> b;
  auto& queue = *b.under_test;
  const std::string name(max_note_name, '\xff'), text(max_note_text, 't');
  const auto without = queue.put_note({"", "text"}, "").error();
  CHECK(without.code == errc::too_large);
  CHECK(without.field == "name");
  CHECK(without.message == "must have 1 to 200 bytes, not 0");
  CHECK(queue.put_note({name + "n", "text"}, "").error().message == "must have 1 to 200 bytes, not 201");
  const auto longer = queue.put_note({name, text + "t"}, "").error();
  CHECK(longer.code == errc::too_large);
  CHECK(longer.field == "text");
  CHECK(longer.message == "must have at most 131072 bytes, not 131073");
  CHECK(queue.notes("").value().empty());
  put_all(queue, {{name, text}});
  CHECK(queue.notes("").value() == notes_of_queue{{name, text}});
  CHECK(queue.notes(name).value() == notes_of_queue{{name, text}});
  CHECK(queue.put_note({name, ""}, text).value());
}

TEMPLATE_TEST_CASE("a queue that has its most notes takes no other, and changes those", "[store]", memory_backend,
                   sqlite_backend, redis_backend) {
  store_under_test<TestType> b;
  auto& queue = *b.under_test;
  for (std::size_t i = 0; i < max_notes; ++i)
    REQUIRE(queue.put_note({std::to_string(i), "first"}, "").value());
  const auto more = queue.put_note({"more", "text"}, "").error();
  CHECK(more.code == errc::backlog_full);
  CHECK(more.message == "the queue has 10000 notes, and takes no more");
  CHECK_FALSE(queue.put_note({"more", "text"}, "other").value());
  CHECK(queue.put_note({"more", ""}, "").value());
  CHECK(queue.put_note({"7", "second"}, "first").value());
  CHECK(queue.notes("").value().size() == max_notes);
  CHECK(queue.put_note({"8", ""}, "first").value());
  CHECK(queue.put_note({"more", "text"}, "").value());
  CHECK(queue.put_note({"8", "text"}, "").error().code == errc::backlog_full);
  CHECK(queue.notes("more").value() == notes_of_queue{{"more", "text"}});
}

TEMPLATE_LIST_TEST_CASE("notes survive the process", "[store]", durable_backends) {
  store_under_test<TestType> b;
  const notes_of_queue kept{{"a", "one"}, {"b", "two"}};
  put_all(*b.under_test, kept);
  CHECK(b.succeed("test") == errc{});
  CHECK(b.under_test->notes("").value() == kept);
  CHECK(b.under_test->put_note({"a", "three"}, "one").value());
}

TEMPLATE_LIST_TEST_CASE("the notes of a queue with partitions survive the process", "[store][partitions]",
                        durable_backends_with_partitions) {
  store_under_test<TestType> b;
  const notes_of_queue kept{{"a", "one"}, {"b", "two"}};
  put_all(*b.under_test, kept);
  CHECK(b.succeed("test") == errc{});
  CHECK(b.under_test->notes("").value() == kept);
}

TEMPLATE_TEST_CASE("all who administer a queue have the same notes", "[store]", sqlite_backend, redis_backend,
                   shared_redis_backend, (partitioned<sqlite_backend, 3>), (partitioned<redis_backend, 3>)) {
  store_under_test<TestType> b;
  auto& process = *b.under_test;
  b.apply({});
  const auto operators = operator_of(b.backend);
  put_all(process, {{"a", "of the process"}});
  CHECK(operators->notes("").value() == notes_of_queue{{"a", "of the process"}});
  CHECK(operators->put_note({"a", "of operators"}, "of the process").value());
  CHECK_FALSE(process.put_note({"a", "of the process again"}, "of the process").value());
  CHECK(process.notes("a").value() == notes_of_queue{{"a", "of operators"}});
}

TEMPLATE_LIST_TEST_CASE("a change of the number of partitions keeps the notes", "[store][partitions]",
                        durable_backends) {
  const auto [before, after] = GENERATE(std::pair{1U, 3U}, std::pair{3U, 1U}, std::pair{3U, 4U});
  TestType backend;
  options o;
  o.queue.partitions = before;
  auto process = backend.open(o, "test").value();
  REQUIRE(process->apply({.now = backend.now()}));
  const notes_of_queue kept{{"counted 1", "counted 2"}, {"job/1", "begun"}, {"mover", "unasked"}};
  put_all(*process, kept);
  process->leave();
  process.reset();
  o.queue.partitions = after;
  REQUIRE(backend.repartition(o));
  process = backend.open(o, "test").value();
  CHECK(process->notes("").value() == kept);
  CHECK(process->put_note({"job/1", "done"}, "begun").value());
}
