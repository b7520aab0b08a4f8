#include "support/catch.hpp"

#include "core/persistence/reason_groups.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("reasons that differ in numbers and ids are alike", "[core][dead]") {
  for (const auto& [reason, pattern] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP 400", "HTTP <n>"},
           {"no answer within 20 s (example.com:443)", "no answer within <n> s (example.com:<n>)"},
           {"event 0b5a-4c11-9f6e77 is invalid", "event <id> is invalid"},
           {"user 550e8400-e29b-41d4-a716-446655440000, line 12.", "user <id>, line <n>."},
           {"2xx and e1 are words, item-7 and a_12 have numbers",
            "2xx and e1 are words, item-<n> and a_<n> have numbers"},
           {"connection refused", "connection refused"},
           {"", ""}})
    CHECK(reason_pattern(reason) == pattern);
}

TEST_CASE("groups are told with the largest first, and the number of the others", "[core][dead]") {
  reason_groups all;
  const auto add = [&](int status, const std::string& reason, std::uint32_t events, std::chrono::milliseconds died) {
    all.add({.id = "b", .events = events, .why = {status, reason}, .died = store_time{died}});
  };
  for (int i = 0; i < 110; ++i)
    add(400, "reason " + std::string(static_cast<std::size_t>(i), 'x'), 1, 1ms);
  add(422, "event 5 is bad", 3, 20ms);
  add(422, "event 17 is bad", 4, 10ms);
  add(422, "event 6 is bad", 1, 15ms);
  add(400, "event 17 is bad", 2, 10ms);
  const auto [listed, more] = all.largest();
  CHECK(listed.size() == 100);
  CHECK(more == 12);
  CHECK(listed[0] == nlohmann::ordered_json{{"status", 422},
                                            {"reason", "event <n> is bad"},
                                            {"letters", 3},
                                            {"events", 8},
                                            {"oldest_ms", 10},
                                            {"newest_ms", 20}});
  CHECK(listed[1]["status"] == 400);
  CHECK(listed[1]["events"] == 2);
}
