#include "actors/subscribers.hpp"

#include <algorithm>
#include <utility>

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

void add_to(reports_missed& sum, const delivery_report& r) {
  ++sum.reports;
  switch (r.kind) {
  case report_kind::stored:
    sum.stored += r.events;
    break;
  case report_kind::delivered:
    sum.delivered += r.events;
    break;
  case report_kind::retried:
    sum.retried += r.events;
    break;
  case report_kind::dead:
    sum.dead += r.events;
    break;
  case report_kind::rejected:
    sum.rejected += r.events;
    break;
  case report_kind::lost:
    sum.lost += r.events;
    break;
  }
}

} // namespace

bool subscribers::add(const caf::actor& who, bool message_ids) {
  for (auto& s : list_)
    if (s.who == who) {
      s.message_ids = message_ids;
      return true;
    }
  if (list_.size() >= most)
    return false;
  list_.push_back({.who = who, .message_ids = message_ids});
  return true;
}

void subscribers::remove(const caf::actor_addr& who) {
  std::erase_if(list_, [&](const subscriber& s) { return s.who.address() == who; });
}

bool subscribers::want_ids() const {
  return std::any_of(list_.begin(), list_.end(), [](const subscriber& s) { return s.message_ids; });
}

void subscribers::tell_one(subscriber& s, notification what, std::vector<addressed_notification>& out) {
  if (s.under_way < window || std::holds_alternative<stopped>(what)) {
    ++s.under_way;
    out.push_back({s.who, std::move(what)});
  } else if (const auto* r = std::get_if<delivery_report>(&what)) {
    add_to(s.missed, *r);
  } else if (const auto* b = std::get_if<backpressure>(&what)) {
    s.crossing = *b;
  } else if (auto* d = std::get_if<delivery_suspended>(&what)) {
    s.suspension = std::move(*d);
  }
}

std::vector<addressed_notification> subscribers::tell(const notification& what) {
  std::vector<addressed_notification> out;
  for (auto& s : list_) {
    auto mine = what;
    if (auto* r = std::get_if<delivery_report>(&mine); r && !s.message_ids)
      r->message_ids.clear();
    tell_one(s, std::move(mine), out);
  }
  return out;
}

// The ids are read out of a payload only for subscribers that will get them.
std::vector<addressed_notification> subscribers::tell(const std::vector<batch_news>& news) {
  std::vector<addressed_notification> out;
  if (list_.empty())
    return out;
  for (const auto& n : news) {
    const auto kind = kind_of(n.step);
    if (!kind)
      continue;
    const delivery_report report{.kind = *kind,
                                 .events = n.content->events,
                                 .batch_id = n.content->id,
                                 .message_ids = {},
                                 .attempts = n.attempts,
                                 .status = n.why.status,
                                 .reason = n.why.reason,
                                 .delay = n.delay};
    std::optional<std::vector<std::string>> ids;
    for (auto& s : list_) {
      auto mine = report;
      // The store buries batches by itself whose bytes are not at hand.
      if (s.message_ids && s.under_way < window && n.content->payload) {
        if (!ids) {
          auto read = message_ids_of(*n.content->payload);
          ids = read ? std::move(*read) : std::vector<std::string>{};
        }
        mine.message_ids = *ids;
      }
      tell_one(s, std::move(mine), out);
    }
  }
  return out;
}

std::vector<addressed_notification> subscribers::handled_by(const caf::actor_addr& who) {
  std::vector<addressed_notification> out;
  const auto s = std::find_if(list_.begin(), list_.end(), [&](const subscriber& x) { return x.who.address() == who; });
  if (s == list_.end())
    return out;
  s->under_way -= std::min<std::size_t>(s->under_way, 1);
  if (s->under_way > window / 2)
    return out;
  if (const auto missed = std::exchange(s->missed, {}); missed.reports > 0)
    tell_one(*s, missed, out);
  if (const auto crossing = std::exchange(s->crossing, {}))
    tell_one(*s, *crossing, out);
  if (const auto suspension = std::exchange(s->suspension, {}))
    tell_one(*s, *suspension, out);
  return out;
}

} // namespace sluice
