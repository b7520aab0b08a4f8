#include "support/catch.hpp"

#include "cli/queue/age.hpp"

using namespace sluice;

TEST_CASE("the distance of a moment is in the largest unit that it fills", "[cli][queue]") {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  CHECK(age_of(now - std::chrono::minutes{61}) == "1h");
  CHECK(age_of(now + std::chrono::hours{49}) == "2d");
  CHECK(age_of(store_time{}).ends_with("d"));
}

TEST_CASE("a store's moment may be any, also one that no clock shows", "[cli][queue]") {
  CHECK(age_of(store_time::max()).size() == std::string_view{"106751970000d"}.size());
  CHECK(age_of(store_time::min()).size() == std::string_view{"106752010000d"}.size());
}
