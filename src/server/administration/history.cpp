#include "server/administration/history.hpp"

#include <utility>

namespace sluice {

namespace {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of_sample(const history_sample& s) {
  return {{"at_ms", s.at.time_since_epoch().count()},
          {"accepted", s.accepted},
          {"delivered", s.delivered},
          {"dead", s.dead},
          {"failed_attempts", s.failed_attempts},
          {"buffer", s.buffer},
          {"ready", or_null(s.ready)},
          {"retry", or_null(s.retry)},
          {"oldest_ready_ms", s.oldest_ready ? nlohmann::ordered_json(s.oldest_ready->count()) : nullptr},
          {"to_delivered_p50_ms", or_null(s.to_delivered_p50_ms)},
          {"to_delivered_p99_ms", or_null(s.to_delivered_p99_ms)},
          {"state", to_string(s.state)}};
}

} // namespace

std::optional<double> quantile_ms(const duration_histogram::buckets& counts, double part) {
  std::uint64_t all = 0;
  for (const auto n : counts)
    all += n;
  const auto wanted = part * static_cast<double>(all);
  const auto ms = [](std::size_t end) {
    return std::chrono::duration<double, std::milli>{duration_histogram::ends[end]}.count();
  };
  double below = 0;
  for (std::size_t i = 0; i < duration_histogram::ends.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    const auto from = i == 0 ? 0 : ms(i - 1);
    if (here > 0 && below + here >= wanted)
      return from + (ms(i) - from) * (wanted - below) / here;
    below += here;
  }
  return all > 0 ? std::optional{ms(duration_histogram::ends.size() - 1)} : std::nullopt;
}

void history::add(const system_view& v, store_time now) {
  const auto& c = v.system.totals;
  const auto before = before_.value_or(c);
  history_sample s{.at = now,
                   .accepted = c.accepted - before.accepted,
                   .delivered = c.delivered - before.delivered,
                   .dead = c.dead - before.dead,
                   .failed_attempts = c.failed_attempts - before.failed_attempts,
                   .buffer = v.system.depth,
                   .state = state_of(v)};
  if (!before_)
    delivered_before_ = v.to_delivered;
  before_ = c;
  auto delivered = v.to_delivered;
  for (std::size_t i = 0; i < delivered.size(); ++i)
    delivered[i] -= std::exchange(delivered_before_[i], delivered[i]);
  s.to_delivered_p50_ms = quantile_ms(delivered, 0.5);
  s.to_delivered_p99_ms = quantile_ms(delivered, 0.99);
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
