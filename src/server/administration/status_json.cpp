#include "server/administration/status_json.hpp"

#include <array>

#include "server/administration/flow_state.hpp"
#include "sluice/version.hpp"

#include <unistd.h>

namespace sluice {

namespace {

using json = nlohmann::ordered_json;

json ledger_json(const counts& c) {
  return {{"accepted", c.accepted},
          {"rejected", c.rejected},
          {"stored", c.stored},
          {"delivered", c.delivered},
          {"dead", c.dead},
          {"recovered", c.recovered},
          {"ended_elsewhere", c.ended_elsewhere},
          {"lost", c.lost},
          {"waiting", c.waiting},
          {"in_store", c.in_store},
          {"retrying", c.retrying},
          {"failed_attempts", c.failed_attempts},
          {"adds_up", c.accepted + c.recovered == c.delivered + c.dead + c.ended_elsewhere + c.lost + c.waiting}};
}

// Returns how far a moment is away, in milliseconds. A store may hold moments that no clock shows.
json distance(const std::optional<store_time>& from, const std::optional<store_time>& to) {
  if (!from || !to)
    return nullptr;
  constexpr std::int64_t longest = std::int64_t{1} << 53U; // what a script can count to
  const auto ms =
      static_cast<double>(to->time_since_epoch().count()) - static_cast<double>(from->time_since_epoch().count());
  return ms < 0 ? 0 : ms > static_cast<double>(longest) ? longest : static_cast<std::int64_t>(ms);
}

json queue_json(const store_stats& s, store_time now) {
  auto owners = json::array();
  for (const auto& o : s.owners)
    owners.push_back({{"name", o.name},
                      {"suspended", o.health.suspended},
                      {"last_failure", o.health.last_failure},
                      {"said_ms_ago", distance(o.said, now)}});
  return {{"ready", s.ready},
          {"in_flight", s.in_flight},
          {"retry", s.retry},
          {"dead", s.dead},
          {"stored", s.stored},
          {"delivered", s.delivered},
          {"purged", s.purged},
          {"erased", s.erased},
          {"oldest_ready_ms", distance(s.oldest_ready, now)},
          {"next_retry_ms", distance(now, s.next_retry)},
          {"oldest_dead_ms", distance(s.oldest_dead, now)},
          {"paused", s.paused},
          {"owners", std::move(owners)}};
}

// The URL without what may be a secret. It has no user, which its option does not permit.
std::string shown_url(const std::string& url) {
  return url.substr(0, url.find('?'));
}

} // namespace

nlohmann::ordered_json status_json(const system_view& v, const status_context& c) {
  const auto reasons = why_not_ready(v);
  return {{"now_ms", c.now.time_since_epoch().count()},
          {"name", c.name},
          {"version", SLUICE_VERSION_STRING},
          {"uptime_ms", c.uptime.count()},
          {"store", c.store},
          {"state", to_string(state_of(v))},
          {"since_ms", c.since.time_since_epoch().count()},
          {"words", words_of(v)},
          {"ready", reasons.empty()},
          {"reasons", reasons},
          {"notes", notes_on(v)},
          {"ledger", ledger_json(v.system.totals)},
          {"buffer", {{"events", v.system.depth}, {"capacity", v.capacity}, {"bytes", v.system.depth_bytes}}},
          {"queue", v.queue ? queue_json(*v.queue, c.now) : json(nullptr)},
          {"store_error", v.store_error},
          {"destination",
           {{"url", shown_url(c.data_plane_url)},
            {"health", destination_health(v.system)},
            {"suspended", v.system.suspended},
            {"last_failure", v.system.last_failure},
            {"next_probe_ms", v.until_probe ? json(v.until_probe->count()) : json(nullptr)}}},
          {"restarts", v.system.restarts}};
}

std::string name_of_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(::getpid()) + " on " + host.data();
}

} // namespace sluice
