#include "actors/subscribers.hpp"

#include <algorithm>
#include <optional>

#include "core/wire/payload.hpp"

namespace sluice {

namespace {

std::optional<report_kind> kind_of(batch_step step) {
  switch (step) {
  case batch_step::stored:
    return report_kind::stored;
  case batch_step::delivered:
    return report_kind::delivered;
  case batch_step::retried:
    return report_kind::retried;
  case batch_step::dead:
    return report_kind::dead;
  case batch_step::returned:
    break;
  }
  return std::nullopt;
}

} // namespace

bool subscribers::add(const caf::actor& who) {
  if (std::find(list_.begin(), list_.end(), who) != list_.end())
    return true;
  if (list_.size() >= most)
    return false;
  list_.push_back(who);
  return true;
}

void subscribers::remove(const caf::actor_addr& who) {
  std::erase_if(list_, [&](const caf::actor& x) { return x.address() == who; });
}

void subscribers::tell(const std::vector<batch_news>& news, std::size_t max_batch_bytes) const {
  if (list_.empty())
    return;
  for (const auto& n : news) {
    const auto kind = kind_of(n.step);
    if (!kind)
      continue;
    std::vector<std::string> ids;
    if (n.content->payload) // The store buries batches by itself whose bytes are not at hand.
      if (auto known = message_ids_of(*n.content->payload, max_batch_bytes))
        ids = *std::move(known);
    tell(delivery_report{.kind = *kind,
                         .events = n.content->events,
                         .batch_id = n.content->id,
                         .message_ids = std::move(ids),
                         .attempts = n.attempts,
                         .status = n.why.status,
                         .reason = n.why.reason,
                         .delay = n.delay});
  }
}

} // namespace sluice
