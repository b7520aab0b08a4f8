#include "support/catch.hpp"

#include "cli/sink/tally.hpp"

using namespace sluice;

namespace {

sink_counts after(const std::vector<std::string>& ids, tally_limits limits = {}) {
  sink_tally tally{limits};
  tally.add_events(ids);
  return tally.counts();
}

} // namespace

TEST_CASE("what comes again is a duplicate, each time", "[cli][sink]") {
  const auto c = after({"a", "b", "a", "a"});
  CHECK(c.received == 4);
  CHECK(c.unique == 2);
  CHECK(c.duplicates == 2);
  CHECK(c.unjudged == 0);
}

TEST_CASE("an event that comes after a larger number of its prefix is out of order", "[cli][sink]") {
  CHECK(after({"e-1", "e-2", "e-10", "e-11"}).out_of_order == 0);
  CHECK(after({"e-1", "e-3", "e-2", "e-4"}).out_of_order == 1);
  CHECK(after({"e-4", "e-3", "e-2", "e-1"}).out_of_order == 3);
  CHECK(after({"e-00012", "e-9"}).out_of_order == 1);
  CHECK(after({"2", "1"}).out_of_order == 1);
}

TEST_CASE("order is judged among those of a prefix, at the first arrival, and only of numbers", "[cli][sink]") {
  CHECK(after({"a-2", "b-1"}).out_of_order == 0);
  CHECK(after({"e-1", "e-2", "e-1"}).out_of_order == 0); // a duplicate
  CHECK(after({"b", "a", "e-2", "e-"}).out_of_order == 0);
  CHECK(after({"e-99999999999999999999", "e-1"}).out_of_order == 0); // beyond 64 bits
}

TEST_CASE("what a tally cannot remember is not judged, and counted", "[cli][sink]") {
  const auto few = after({"a", "b", "c", "a", "c"}, {.ids = 2});
  CHECK(few.received == 5);
  CHECK(few.unique == 2);
  CHECK(few.duplicates == 1);
  CHECK(few.unjudged == 2);
  CHECK(to_text(few).find("duplicates 1, unjudged 2, out of order 0") != std::string::npos);
  CHECK(after({std::string(50, 'a'), std::string(51, 'b')}, {.bytes = 100}).unjudged == 1);
  CHECK(after({"a2", "b2", "b1", "a1"}, {.prefixes = 1}).out_of_order == 1); // a alone is looked at
}

TEST_CASE("the verdict as text and as JSON", "[cli][sink]") {
  sink_tally tally;
  CHECK(tally.add_request() == 1);
  CHECK(tally.add_request() == 2);
  tally.add_failed();
  tally.add_broken();
  tally.add_events({"e-2", "e-1", "e-1"});
  CHECK(to_text(tally.counts()) ==
        "requests 2, received 3, unique 2, duplicates 1, out of order 1, failed 1, broken 1");
  CHECK(to_json(tally.counts()) == R"({"requests":2,"received":3,"unique":2,"duplicates":1,"unjudged":0,)"
                                   R"("out_of_order":1,"failed":1,"broken":1})");
}
