#include "support/catch.hpp"

#include "core/persistence/burial_guard.hpp"

using namespace sluice;

namespace {

settlement burial(int status, bool expired = false) {
  return bury{{"a", 1}, {status, ""}, expired};
}

void note(burial_guard& g, const settlement& s, settle_outcome outcome = settle_outcome::applied) {
  g.note(s, outcome);
}

// How many of so many burials it lets through.
std::size_t lets(const burial_guard& g, std::size_t of) {
  std::vector<unit_of_work> units(2); // it permits so many in all of them
  for (std::size_t i = 0; i < of; ++i)
    units[i < of / 2 ? 0 : 1].settlements.push_back(burial(422));
  g.limit(units);
  auto all = std::move(units[0].settlements);
  all.insert(all.end(), units[1].settlements.begin(), units[1].settlements.end());
  std::size_t n = 0;
  for (const auto& s : all)
    n += std::holds_alternative<bury>(s) ? 1 : 0;
  for (std::size_t i = 0; i < n; ++i)
    CHECK(std::holds_alternative<bury>(all[i])); // the first ones
  return n;
}

} // namespace

TEST_CASE("burials of one status in a row trip the guard, a delivery or another status in between does not let them",
          "[core][guard]") {
  burial_guard g{3};
  for (const int status : {422, 422, 410, 410}) {
    note(g, burial(status));
    CHECK(!g.tripped());
  }
  CHECK(lets(g, 5) == 1);
  note(g, ack{{"b", 1}});
  CHECK(lets(g, 5) == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(!g.tripped());
    note(g, burial(410));
  }
  CHECK(g.tripped());
  CHECK(lets(g, 5) == 0);
  note(g, ack{{"b", 1}}); // was under way
  CHECK(g.tripped());
  g.reset();
  CHECK(lets(g, 5) == 3);
}

TEST_CASE("the guard counts what was buried: not what was too old, had no room, or came too late", "[core][guard]") {
  burial_guard g{1};
  note(g, burial(422, true));
  note(g, burial(422), settle_outcome::no_room);
  note(g, burial(422), settle_outcome::stale);
  note(g, burial(422), settle_outcome::gone);
  CHECK(!g.tripped());
  note(g, burial(422));
  CHECK(g.tripped());
  std::vector<unit_of_work> old(1);
  old[0].settlements.push_back(burial(422, true));
  g.limit(old);
  CHECK(std::holds_alternative<bury>(old[0].settlements[0]));
}
