#include "store/redis/listing.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "store/redis/owner.hpp"

namespace sluice {

namespace {

std::optional<store_time> time_of(redis_value v) {
  const auto ms = v.integer();
  return ms ? std::optional{store_time{milliseconds{*ms}}} : std::nullopt;
}

std::uint64_t total(redis_value totals, std::string_view name) {
  for (std::size_t i = 0; i + 1 < totals.size(); i += 2)
    if (totals[i].text() == name)
      return static_cast<std::uint64_t>(std::max<std::int64_t>(totals[i + 1].integer().value_or(0), 0));
  return 0;
}

// The members of a dead letter, as `list_dead.lua` gives them.
constexpr std::size_t letter_members = 6;

dead_letter letter_at(redis_value answer, std::size_t i) {
  const auto number = [&](std::size_t member) { return answer[i + member].integer().value_or(0); };
  return {.id = std::string{answer[i].text()},
          .events = static_cast<std::uint32_t>(number(2)),
          .attempts = static_cast<int>(number(3)),
          .why = {.status = static_cast<int>(number(4)), .reason = std::string{answer[i + 5].text()}},
          .died = store_time{milliseconds{number(1)}}};
}

// What apply.lua writes: when, and two lines.
void read_health(std::string_view text, queue_owner& to) {
  const auto first = text.find('\n'), second = text.find('\n', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return;
  std::int64_t ms = 0;
  std::from_chars(text.data(), text.data() + first, ms);
  to.said = store_time{milliseconds{ms}};
  to.health = {.suspended = std::string{text.substr(first + 1, second - first - 1)},
               .last_failure = std::string{text.substr(second + 1)}};
}

} // namespace

std::optional<store_stats> read_stats(redis_value answer) {
  if (answer.size() < 5)
    return std::nullopt;
  const auto totals = answer[0];
  store_stats s{.stored = total(totals, "stored"),
                .delivered = total(totals, "delivered"),
                .purged = total(totals, "purged"),
                .erased = total(totals, "erased"),
                .ready = total(totals, "ready"),
                .in_flight = total(totals, "in_flight"),
                .retry = total(totals, "retry"),
                .dead = total(totals, "dead"),
                .oldest_ready = time_of(answer[1]),
                .next_retry = time_of(answer[2]),
                .oldest_dead = time_of(answer[3]),
                .paused = answer[4].text() == "1",
                .owners = {}};
  for (std::size_t i = 5; i + 1 < answer.size(); i += 2)
    read_health(answer[i + 1].text(),
                s.owners.emplace_back(queue_owner{.name = owner_token::describe(answer[i].text())}));
  return s;
}

std::vector<dead_letter> read_dead_letters(redis_value answer) {
  std::vector<dead_letter> letters;
  for (std::size_t i = 0; i + letter_members <= answer.size(); i += letter_members)
    letters.push_back(letter_at(answer, i));
  return letters;
}

} // namespace sluice
