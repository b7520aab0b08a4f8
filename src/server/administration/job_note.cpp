#include "server/administration/job_note.hpp"

#include <nlohmann/json.hpp>

#include "server/administration/dead_filter_json.hpp"

namespace sluice {

namespace {

store_time moment_of(const nlohmann::json& ms) {
  return store_time{std::chrono::milliseconds{ms.get<std::int64_t>()}};
}

std::optional<job_kind> kind_named(const std::string& name) {
  for (const auto kind : {job_kind::replay, job_kind::purge, job_kind::erase})
    if (name == to_string(kind))
      return kind;
  return std::nullopt;
}

// Throws if a member is missing or of another kind.
std::optional<noted_job> read_members(const queue_note& note, const nlohmann::json& json) {
  auto id = note.name.substr(std::string_view{notes_of_jobs}.size());
  const auto what = kind_named(json.at("what"));
  auto filter = filter_of(json.at("filter"));
  const double rate = json.at("rate");
  if (!is_job_id(id) || !what || !filter || !(rate >= 0))
    return std::nullopt;
  job_order order{.what = *what,
                  .filter = std::move(*filter),
                  .rate = rate,
                  .who = {.user = json.at("user"), .anonymous = json.at("anonymous")},
                  .by = json.at("by")};
  const auto began = moment_of(json.at("began_ms"));
  dead_search::place place{.after = json.at("after"),
                           .next_id = json.at("next_id"),
                           .looked_at = json.at("looked_at"),
                           .seen = json.at("seen"),
                           .until = began};
  if (json.contains("dead_before"))
    place.dead_before = json["dead_before"].get<std::uint64_t>();
  auto search = dead_search{order.filter, std::move(place)};
  noted_job found{.what = {.id = std::move(id),
                           .order = std::move(order),
                           .state = json.at("runs") ? job_state::running : job_state::waiting,
                           .letters = json.at("letters"),
                           .events = json.at("events"),
                           .began = began,
                           .search = std::move(search),
                           .note = note.text},
                  .process = json.at("process")};
  if (json.contains("left"))
    found.what.left = json["left"].get<std::string>();
  return found;
}

} // namespace

bool is_job_id(std::string_view id) noexcept {
  constexpr std::size_t longest = 32;
  return !id.empty() && id.size() <= longest && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string note_of(const job& j, const std::string& process, std::uint64_t beat) {
  const auto& place = j.search.where();
  nlohmann::ordered_json json{{"process", process},
                              {"beat", beat},
                              {"what", to_string(j.order.what)},
                              {"runs", j.state == job_state::running},
                              {"filter", json_of(j.order.filter)},
                              {"rate", j.order.rate},
                              {"by", j.order.by},
                              {"user", j.order.who.user},
                              {"anonymous", j.order.who.anonymous},
                              {"letters", j.letters},
                              {"events", j.events},
                              {"began_ms", j.began.time_since_epoch().count()},
                              {"after", place.after},
                              {"next_id", place.next_id},
                              {"looked_at", place.looked_at},
                              {"seen", place.seen}};
  if (place.dead_before)
    json["dead_before"] = *place.dead_before;
  if (j.left)
    json["left"] = *j.left;
  // A cursor has the id of a batch, which may be any bytes in a store that somebody else has written to.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<noted_job> read_job_note(const queue_note& note) {
  const auto json = nlohmann::json::parse(note.text, nullptr, false);
  try {
    return read_members(note, json);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

} // namespace sluice
