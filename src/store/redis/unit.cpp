#include "store/redis/unit.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/printable.hpp"
#include "core/wire/batch_id.hpp"
#include "store/no_room_delay.hpp"
#include "store/redis/body.hpp"
#include "store/redis/safety.hpp"

namespace sluice {

namespace {

constexpr std::string_view ack_op = "ack";

std::optional<redis_unit::row> row_of(const settlement& s) {
  using row = redis_unit::row;
  if (const auto* a = std::get_if<ack>(&s))
    return row{.op = ack_op, .about = &a->lease};
  if (const auto* n = std::get_if<nack>(&s))
    return row{.op = "nack", .about = &n->lease, .delay = n->delay.count(), .why = &n->why};
  if (const auto* d = std::get_if<defer>(&s))
    return row{.op = "defer", .about = &d->lease, .delay = d->delay.count(), .why = &d->why};
  if (const auto* b = std::get_if<bury>(&s))
    return row{.op = "bury", .about = &b->lease, .why = &b->why};
  if (const auto* r = std::get_if<release>(&s))
    return row{.op = "release", .about = &r->lease};
  return std::nullopt;
}

std::optional<settle_outcome> outcome_named(std::string_view text) {
  if (text == "applied")
    return settle_outcome::applied;
  if (text == "gone")
    return settle_outcome::gone;
  if (text == "stale")
    return settle_outcome::stale;
  if (text == "no_room")
    return settle_outcome::no_room;
  return std::nullopt;
}

} // namespace

// The answers of a transaction: to MULTI, to every command in it, to EXEC.
struct redis_unit::reader {
  const std::vector<redis_reply>& answers;
  std::size_t at = 0;

  const redisReply* next() { return at < answers.size() ? answers[at++].raw() : nullptr; }

  // The last part of what EXEC answers, or the error that kept it from running.
  const redisReply* transaction(std::size_t commands) {
    const redisReply* first_error = nullptr;
    for (std::size_t i = 0; i <= commands; ++i)
      if (const auto* answer = next(); answer && answer->type == REDIS_REPLY_ERROR && !first_error)
        first_error = answer;
    const auto* exec = next();
    if (!exec || exec->type != REDIS_REPLY_ARRAY || exec->elements != commands)
      return first_error ? first_error : exec;
    return exec->element[commands - 1];
  }
};

redis_unit::redis_unit(const unit_of_work& work, const redis_keys& keys, const options& settings,
                       std::vector<std::string_view> credentials, numbers n)
    : work_{work}, keys_{keys}, settings_{settings}, credentials_{std::move(credentials)}, own_number_{n.own} {
  credentials_.insert(credentials_.end(), {work_.incarnation, number(static_cast<std::int64_t>(n.answered))});
}

// -- the commands
// -------------------------------------------------------------------------------------------------------

void redis_unit::add_to(redis_connection& to) {
  last_ = add_settlements(to);
  add_last(to);
  add_look_for(to);
}

std::string_view redis_unit::number(std::int64_t n) {
  return words_.emplace_back(std::to_string(n));
}

// What stands before the settlements. `slots`: empty for nothing but settlements.
std::vector<std::string_view> redis_unit::head(std::optional<std::size_t> slots, std::size_t settlements) {
  auto words = credentials_;
  std::string_view health;
  if (slots && work_.health)
    health = words_.emplace_back(work_.health->suspended + '\n' + work_.health->last_failure);
  const auto& queue = settings_.queue;
  const auto& dead = settings_.dead_letters;
  words.insert(words.end(),
               {slots ? number(static_cast<std::int64_t>(*slots)) : "", number(queue.lease.count()),
                number(queue.owner_ttl.count()), work_.in_order ? "1" : "0",
                number(static_cast<std::int64_t>(queue.max_backlog_events)),
                number(static_cast<std::int64_t>(queue.max_backlog_bytes)),
                work_.fingerprint ? std::string_view{*work_.fingerprint} : "",
                !work_.pause   ? ""
                : *work_.pause ? "1"
                               : "0",
                number(static_cast<std::int64_t>(own_number_)), work_.restores ? "1" : "0", health,
                number(static_cast<std::int64_t>(dead.max_events)), number(static_cast<std::int64_t>(dead.max_bytes)),
                dead.when_full == dead_letters_full::drop_oldest ? "1" : "0", number(no_room_delay.count()),
                number(static_cast<std::int64_t>(settlements))});
  return words;
}

void redis_unit::add_row(rows& to, const row& r) {
  to.words.insert(to.words.end(), {r.op, r.about->id, number(static_cast<std::int64_t>(r.about->fence))});
  if (r.op != ack_op)
    to.words.insert(to.words.end(), {number(r.delay), number(r.why ? std::max(r.why->status, 0) : 0),
                                     r.why ? std::string_view{r.why->reason} : std::string_view{}});
  to.ids.emplace_back(r.about->id);
}

void redis_unit::add_settle_all(redis_connection& to, std::string_view how, const std::vector<lease>& leases) {
  rows all;
  for (const auto& l : leases)
    add_row(all, {.op = how, .about = &l});
  add_settle(to, all);
}

void redis_unit::add_settle(redis_connection& to, const rows& some) {
  auto arguments = head(std::nullopt, some.ids.size());
  arguments.insert(arguments.end(), some.words.begin(), some.words.end());
  to.call(redis_script::apply, keys_, arguments, some.ids);
}

// Returns the settlements that are left for the last call.
redis_unit::rows redis_unit::add_settlements(redis_connection& to) {
  rows some;
  const auto send = [&] {
    if (some.about.empty())
      return;
    add_settle(to, some);
    steps_.push_back({.what = step::kind::settle, .about = std::exchange(some, {}).about});
  };
  const auto add = [&](const row& r, std::size_t about) {
    if (some.about.size() == redis_script_most)
      send();
    add_row(some, r);
    some.about.push_back(about);
  };
  for (std::size_t i = 0; i < work_.settlements.size(); ++i) {
    const auto& s = work_.settlements[i];
    if (const auto r = row_of(s)) {
      add(*r, i);
    } else if (const auto* e = std::get_if<extend>(&s)) {
      for (const auto& l : e->leases)
        add({.op = "extend", .about = &l, .delay = settings_.queue.lease.count()}, i);
      // In a shared queue they are over when their deadline has passed.
      static const lease none;
      if (!settings_.queue.is_multi_processor)
        add({.op = "unknown", .about = &none}, i);
    } else if (const auto* p = std::get_if<split>(&s)) {
      send(); // their order is kept
      add_split(to, *p);
      steps_.push_back({.what = step::kind::split, .about = {i}});
    } else if (const auto* k = std::get_if<retain>(&s)) {
      send();
      auto kept = credentials_;
      for (const auto& l : k->leases)
        kept.insert(kept.end(), {l.id, number(static_cast<std::int64_t>(l.fence))});
      to.call(redis_script::retain, keys_, kept);
      steps_.push_back({.what = step::kind::retain, .about = {i}});
    }
  }
  return some;
}

void redis_unit::add_split(redis_connection& to, const split& p) {
  to.add({"MULTI"});
  add_body(to, keys_, *p.first);
  add_body(to, keys_, *p.second);
  auto arguments = credentials_;
  arguments.insert(arguments.end(), {p.lease.id, number(static_cast<std::int64_t>(p.lease.fence))});
  for (const auto* half : {p.first.get(), p.second.get()})
    arguments.insert(arguments.end(),
                     {half->id, number(half->events), number(static_cast<std::int64_t>(half->payload->size()))});
  to.call(redis_script::split, keys_, arguments, {p.lease.id, p.first->id, p.second->id});
  to.add({"EXEC"});
}

void redis_unit::add_claim_again(redis_connection& to, std::size_t slots) {
  settles_ = std::exchange(ungranted_, false);
  const auto& settled = settles_ ? last_ : rows{};
  auto arguments = head(slots, settled.ids.size());
  arguments.insert(arguments.end(), settled.words.begin(), settled.words.end());
  to.call(redis_script::apply, keys_, arguments, settled.ids);
  add_look_for(to);
}

void redis_unit::add_look_for(redis_connection& to) {
  if (work_.look_for.empty() && !work_.wants_ended)
    return;
  auto arguments = credentials_;
  arguments.push_back(number(static_cast<std::int64_t>(work_.first_open)));
  arguments.insert(arguments.end(), work_.look_for.begin(), work_.look_for.end());
  to.call(redis_script::look_for, keys_, arguments);
  steps_.push_back({.what = step::kind::look});
}

void redis_unit::add_last(redis_connection& to) {
  auto arguments = head(work_.slots, last_.ids.size());
  arguments.insert(arguments.end(), last_.words.begin(), last_.words.end());
  auto ids = last_.ids;
  steps_.push_back({.what = step::kind::last, .about = last_.about});
  if (work_.enqueues.empty())
    return to.call(redis_script::apply, keys_, arguments, ids);
  to.add({"MULTI"});
  for (const auto& b : work_.enqueues) {
    add_body(to, keys_, *b);
    arguments.insert(arguments.end(),
                     {b->id, number(b->events), number(static_cast<std::int64_t>(b->payload->size()))});
    ids.emplace_back(b->id);
  }
  to.call(redis_script::apply, keys_, arguments, ids);
  to.add({"EXEC"});
}

bool redis_unit::waits() const noexcept {
  return !work_.enqueues.empty() && wants_safety(settings_.redis);
}

// -- the answers
// --------------------------------------------------------------------------------------------------------

result<work_done> redis_unit::read(const std::vector<redis_reply>& answers, const redis_reply* waited) {
  work_done done;
  done.settled.resize(work_.settlements.size(), settle_outcome::applied);
  reader from{.answers = answers};
  for (const auto& s : steps_) {
    if (!read_step(s, from, done))
      return why_;
    has_begun_ = true;
  }
  if (waits() && !read_wait(waited))
    return why_;
  return done;
}

result<work_done> redis_unit::read_claim_again(const std::vector<redis_reply>& answers, work_done done) {
  done.found.clear();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = answers[i].value();
    const bool understood = answer.is_error() ? fail(answer)
                            : i == 0          ? read_last(answer, done)
                                              : read_found(answer, done);
    if (!understood)
      return why_;
  }
  return done;
}

bool redis_unit::read_step(const step& s, reader& from, work_done& done) {
  const redisReply* answer = nullptr;
  if (s.what == step::kind::split)
    answer = from.transaction(3);
  else if (s.what == step::kind::last && !work_.enqueues.empty())
    answer = from.transaction(work_.enqueues.size() + 1);
  else
    answer = from.next();
  if (!answer)
    return not_understood();
  const redis_value value{answer};
  if (value.is_error()) {
    const bool full = classify_redis_error(value.text()) == redis_trouble::memory_full;
    if (full && s.what == step::kind::last && !work_.enqueues.empty()) {
      done.enqueued.assign(work_.enqueues.size(), enqueue_outcome::backlog_full);
      return ungranted_ = true;
    }
    if (full && s.what == step::kind::split) {
      done.settled[s.about[0]] = settle_outcome::no_room;
      without_room_.push_back(std::get<split>(work_.settlements[s.about[0]]).lease);
      return true;
    }
    return fail(value);
  }
  switch (s.what) {
  case step::kind::settle:
    return value.size() == 1 ? read_settled(s.about, value[0], done) : not_understood();
  case step::kind::split:
    if (const auto outcome = outcome_named(value.text())) {
      done.settled[s.about[0]] = *outcome;
      return true;
    }
    return not_understood();
  case step::kind::retain:
    return true;
  case step::kind::look:
    return read_found(value, done);
  case step::kind::last:
    break;
  }
  return read_last(value, done) && read_enqueued(value[3], done);
}

bool redis_unit::read_settled(const std::vector<std::size_t>& about, redis_value answer, work_done& done) {
  if (answer.size() != about.size() + 1)
    return not_understood();
  done.purged_events += static_cast<std::uint64_t>(answer[0].integer().value_or(0));
  for (std::size_t i = 0; i < about.size(); ++i) {
    const auto outcome = outcome_named(answer[i + 1].text());
    if (!outcome)
      return not_understood();
    if (lease_of(work_.settlements[about[i]])) // that a lease could not be extended shows when it is settled
      done.settled[about[i]] = *outcome;
  }
  return true;
}

bool redis_unit::read_enqueued(redis_value answer, work_done& done) {
  if (answer.size() != work_.enqueues.size())
    return not_understood();
  for (std::size_t i = 0; i < answer.size(); ++i)
    done.enqueued.push_back(answer[i].integer() == 1 ? enqueue_outcome::stored : enqueue_outcome::backlog_full);
  return true;
}

bool redis_unit::read_wait(const redis_reply* waited) {
  if (!waited)
    return not_understood();
  const auto safe = sluice::read_wait(waited->value(), settings_.redis);
  if (!safe)
    why_ = safe.error();
  return safe.has_value();
}

bool redis_unit::read_found(redis_value answer, work_done& done) {
  constexpr std::size_t width = 3, before = 2;
  if (answer.size() != before + width * work_.look_for.size())
    return not_understood();
  const auto events = [&](std::size_t i) { return static_cast<std::uint64_t>(answer[i].integer().value_or(0)); };
  done.ended = {.delivered = events(0), .dead = events(1)};
  for (std::size_t i = before; i < answer.size(); i += width)
    done.found.push_back({.waiting = static_cast<std::uint32_t>(events(i)),
                          .dead = static_cast<std::uint32_t>(events(i + 1)),
                          .elsewhere = static_cast<std::uint32_t>(events(i + 2))});
  return true;
}

bool redis_unit::read_last(redis_value answer, work_done& done) {
  constexpr std::size_t width = 5, before = 5;
  if (answer.size() < before || (answer.size() - before) % width != 0)
    return not_understood();
  if (!read_settled(settles_ ? last_.about : std::vector<std::size_t>{}, answer[0], done))
    return false;
  if (const auto due = answer[1].integer())
    done.next_due = store_time{milliseconds{*due}};
  done.paused = answer[2].text() == "1";
  if (const auto since = answer[2].text(); since.starts_with('-')) {
    std::int64_t ms = 0;
    std::from_chars(since.data() + 1, since.data() + since.size(), ms);
    done.resumed = store_time{milliseconds{ms}};
  }
  done.erased_events = static_cast<std::uint64_t>(std::max<std::int64_t>(answer[4].integer().value_or(0), 0));
  for (std::size_t i = before; i < answer.size(); i += width) {
    const std::string id{answer[i].text()};
    const auto fence = answer[i + 1].integer(), attempts = answer[i + 2].integer(), events = answer[i + 3].integer(),
               age = answer[i + 4].integer();
    if (!is_batch_id(id) || !fence || !attempts || !events || !age)
      return not_understood();
    const auto known =
        std::find_if(work_.enqueues.begin(), work_.enqueues.end(), [&](const batch_ptr& b) { return b->id == id; });
    auto content = known != work_.enqueues.end()
                       ? *known
                       : std::make_shared<const batch>(
                             batch{.id = id, .events = static_cast<std::uint32_t>(*events), .payload = nullptr});
    done.granted.push_back({.content = std::move(content),
                            .fence = static_cast<std::uint64_t>(*fence),
                            .attempts = static_cast<int>(*attempts),
                            .age = milliseconds{*age}});
  }
  return true;
}

bool redis_unit::fail(redis_value answer) {
  trouble_ = classify_redis_error(answer.text());
  why_ = to_error(trouble_, answer.text());
  return false;
}

bool redis_unit::not_understood() {
  why_ = answer_not_understood();
  return false;
}

} // namespace sluice
