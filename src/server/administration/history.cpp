#include "server/administration/history.hpp"

namespace sluice {

namespace {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of_sample(const history_sample& s) {
  const auto oldest = s.oldest_ready ? std::optional{s.oldest_ready->count()} : std::nullopt;
  return {{"at_ms", s.at.time_since_epoch().count()},
          {"accepted", s.accepted},
          {"delivered", s.delivered},
          {"dead", s.dead},
          {"failed_attempts", s.failed_attempts},
          {"buffer", s.buffer},
          {"ready", or_null(s.ready)},
          {"retry", or_null(s.retry)},
          {"oldest_ready_ms", or_null(oldest)},
          {"to_delivered_p50_ms", nullptr},
          {"to_delivered_p99_ms", nullptr},
          {"state", to_string(s.state)}};
}

} // namespace

void history::add(const system_view& v, store_time now) {
  const auto& c = v.system.totals;
  history_sample s{.at = now,
                   .accepted = c.accepted - before_.accepted,
                   .delivered = c.delivered - before_.delivered,
                   .dead = c.dead - before_.dead,
                   .failed_attempts = c.failed_attempts - before_.failed_attempts,
                   .buffer = v.system.depth,
                   .state = state_of(v)};
  before_ = c;
  if (v.queue) {
    s.ready = v.queue->ready;
    s.retry = v.queue->retry;
    if (v.queue->oldest_ready && *v.queue->oldest_ready <= now &&
        v.queue->oldest_ready->time_since_epoch().count() >= 0)
      s.oldest_ready = now - *v.queue->oldest_ready;
  }
  samples_.push_back(s);
  if (samples_.size() > most)
    samples_.pop_front();
}

nlohmann::ordered_json json_of(const history& h) {
  auto samples = nlohmann::ordered_json::array();
  for (const auto& s : h.samples())
    samples.push_back(json_of_sample(s));
  return {{"every_ms", std::chrono::milliseconds{history::every}.count()}, {"samples", std::move(samples)}};
}

} // namespace sluice
