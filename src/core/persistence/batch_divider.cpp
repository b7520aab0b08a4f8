#include "core/persistence/batch_divider.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"

namespace sluice {

namespace {

// Returns the user of an encoded event; nothing if it is no event.
std::optional<std::string> user_in(std::string_view event) {
  const auto json = nlohmann::json::parse(event, nullptr, false);
  if (!json.is_object())
    return std::nullopt;
  for (const auto* name : {"userId", "anonymousId"})
    if (const auto id = json.find(name);
        id != json.end() && id->is_string() && !id->get_ref<const std::string&>().empty())
      return id->get<std::string>();
  return "";
}

} // namespace

std::string id_of_part(const std::string& id, std::size_t partition) {
  return batch_id(id, partition);
}

std::vector<batch_part> undivided(const batch& b, std::size_t partitions) {
  return {{.partition = partition_of(b.id, partitions), .content = b}};
}

std::vector<batch_part> batch_divider::parts_of(const batch& whole, std::chrono::system_clock::time_point now) {
  const auto its_own = partition_of(whole.id, partitions_);
  const auto places = by_user_ ? partitions_of_events(whole) : std::vector<std::uint8_t>{};
  if (std::all_of(places.begin(), places.end(), [&](auto p) { return p == its_own; }))
    return undivided(whole, partitions_);
  const auto payloads = divide_payload(*whole.payload, places, sealer_, now);
  if (!payloads)
    return undivided(whole, partitions_);
  std::vector<batch_part> parts;
  for (std::size_t p = 0; p < payloads->size(); ++p) {
    if (!(*payloads)[p])
      continue;
    const auto events = std::count(places.begin(), places.end(), p);
    parts.push_back({.partition = p,
                     .content = {.id = id_of_part(whole.id, p),
                                 .events = static_cast<std::uint32_t>(events),
                                 .payload = (*payloads)[p]}});
    if (!is_batch_id(parts.back().content.id)) // too long, after very many changes
      return undivided(whole, partitions_);
  }
  return parts;
}

// Returns the partition of each event; of none if the batch cannot be divided.
std::vector<std::uint8_t> batch_divider::partitions_of_events(const batch& whole) const {
  const auto text = whole.payload ? open_payload(*whole.payload) : result<std::string>{error{}};
  const auto events = text ? events_of(*text) : text.error();
  if (!events || events->size() != whole.events)
    return {};
  std::vector<std::uint8_t> places;
  places.reserve(events->size());
  for (const auto one : *events) {
    const auto user = user_in(one);
    if (!user)
      return {};
    places.push_back(partition_of_user(*user, partitions_));
  }
  return places;
}

} // namespace sluice
