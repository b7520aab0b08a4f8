#include "store/redis/owner.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <unistd.h>

#include "core/event/uuid.hpp"
#include "core/printable.hpp"
#include "store/redis/error.hpp"

namespace sluice {

namespace {

// What a sign of life may be late.
constexpr std::chrono::seconds grace{1};

bool harmless(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

} // namespace

std::string owner_token::make() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  std::string host{name.data()};
  std::erase_if(host, [](char c) { return !harmless(c); });
  return uuid_source{}.hex() + ":" + std::to_string(::getpid()) + ":" + host;
}

std::string owner_token::describe(std::string_view token) {
  std::string clean{token.substr(0, 320)};
  std::erase_if(clean, [](char c) { return !harmless(c) && c != ':'; });
  const auto pid = clean.find(':'), host = clean.find(':', pid + 1);
  if (pid == std::string::npos || host == std::string::npos)
    return "an unknown process";
  return "process " + clean.substr(pid + 1, host - pid - 1) + " on " + clean.substr(host + 1);
}

redis_owner::redis_owner(redis_connection& connection, const redis_keys& keys, const options& o, redis_claimant who)
    : connection_{connection}, keys_{keys}, settings_{o}, partition_{std::to_string(who.partition)},
      partitions_{std::to_string(o.queue.partitions)}, ordering_{o.ordering == delivery_order::per_user ? "per_user"
                                                                                                        : "none"},
      token_{std::move(who.token)}, fingerprint_{std::move(who.fingerprint)}, mode_{o.queue.enqueue_only ? "enqueue"
                                                                                    : o.queue.is_multi_processor
                                                                                        ? "multi"
                                                                                        : "single"},
      ttl_{std::to_string(o.queue.owner_ttl.count())}, max_crashes_{std::to_string(o.queue.max_crashes)},
      session_{o.queue.enqueue_only ? fingerprint_ + " " + ordering_ + " " + partitions_ : "0"} {}

std::vector<std::string_view> redis_owner::credentials() const {
  return {token_, session_, mode_};
}

std::vector<redis_owner::outcome> redis_owner::ensure_all(redis_connection& connection,
                                                          const std::vector<redis_owner*>& all) {
  std::vector<outcome> outcomes(all.size());
  if (auto connected = connection.open(); !connected) {
    std::fill(outcomes.begin(), outcomes.end(), outcome{connected.error()});
    return outcomes;
  }
  std::vector<asker> unsure;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i]->is_sure())
      unsure.push_back({.owner = all[i], .result = &outcomes[i]});
  acquire(connection, unsure);
  reclaim(connection, unsure);
  remove_garbage(connection, unsure);
  for (const auto& a : unsure)
    if (*a.result) {
      a.owner->connected_ = connection.times_connected();
      a.owner->sure_ = true;
    }
  return outcomes;
}

void redis_owner::acquire(redis_connection& connection, const std::vector<asker>& all) {
  std::vector<redis_call> calls;
  calls.reserve(all.size());
  for (const auto& a : all)
    calls.push_back(a.owner->call_acquire());
  const auto answers = connection.run_all(calls);
  for (std::size_t i = 0; i < all.size(); ++i)
    *all[i].result = answers[i] ? all[i].owner->read_acquire(answers[i]->value()) : outcome{answers[i].error()};
}

// Of what the last incarnation had in flight, nothing may be left when the first lease is given.
void redis_owner::reclaim(redis_connection& connection, std::vector<asker> left) {
  const auto is_done = [](const asker& a) { return !*a.result || a.owner->only_enqueues(); };
  for (std::erase_if(left, is_done); !left.empty(); std::erase_if(left, is_done)) {
    std::vector<redis_call> calls;
    calls.reserve(left.size());
    for (const auto& a : left)
      calls.push_back(a.owner->call_reclaim());
    const auto answers = connection.run_all(calls);
    std::vector<asker> more;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto may_be_more =
          answers[i] ? left[i].owner->read_reclaim(answers[i]->value()) : result<bool>{answers[i].error()};
      if (!may_be_more)
        *left[i].result = may_be_more.error();
      else if (*may_be_more)
        more.push_back(left[i]);
    }
    left = std::move(more);
  }
}

void redis_owner::remove_garbage(redis_connection& connection, std::vector<asker> left) {
  const auto is_done = [](const asker& a) { return !*a.result || a.owner->only_enqueues(); };
  for (std::erase_if(left, is_done); !left.empty(); std::erase_if(left, is_done)) {
    std::vector<std::string_view> keys;
    keys.reserve(left.size());
    for (const auto& a : left)
      keys.emplace_back(a.owner->keys_.garbage());
    const auto garbage = connection.first_members(keys);
    std::vector<asker> found;
    std::vector<redis_call> calls;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!garbage[i]) {
        *left[i].result = garbage[i].error();
      } else if (!garbage[i]->empty()) {
        const std::vector<std::string_view> ids{garbage[i]->begin(), garbage[i]->end()};
        calls.push_back({redis_script::remove_garbage, left[i].owner->keys_, ids, ids});
        found.push_back(left[i]);
      }
    }
    const auto removed = connection.run_all(calls);
    left.clear();
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!removed[i])
        *found[i].result = removed[i].error();
      else if (calls[i].arguments.size() == redis_script_most)
        left.push_back(found[i]);
    }
  }
}

result<void> redis_owner::remove_garbage() {
  outcome done;
  remove_garbage(connection_, {{.owner = this, .result = &done}});
  return done ? result<void>{} : result<void>{done.error()};
}

redis_call redis_owner::call_acquire() const {
  return {.script = redis_script::acquire,
          .keys = keys_,
          .arguments = {token_, session_, mode_, ttl_, fingerprint_, settings_.queue.adopt ? "1" : "0", redis_schema,
                        next_fingerprint_, partition_, partitions_, ordering_}};
}

redis_owner::outcome redis_owner::read_acquire(redis_value answer) {
  const auto word = answer.size() > 0 ? answer[0].text() : std::string_view{};
  if (word == "ok" && answer.size() == 2) {
    session_ = answer[1].text();
    owned_ = true;
    next_fingerprint_.clear();
    watched_.reset();
    return {};
  }
  if (word == "taken" && answer.size() == 4)
    return watch(answer[1].text(), answer[2].integer().value_or(0), answer[3].text() == "1");
  if (word == "replaced")
    return error{errc::queue_taken, "queue.name",
                 keys_.queue() + " was processed by another process while this one gave no sign of life"};
  if (word == "schema")
    return other_version(keys_.queue());
  if (word == "part" && answer.size() == 2)
    return part_of_another(keys_.queue(), partition_, answer[1].text());
  if (word == "partitions" && answer.size() == 2)
    return other_partitions(keys_.queue(), answer[1].text(), partitions_);
  if (word == "ordering" && answer.size() == 4) {
    if (const auto whose = answer[2].text(); !whose.empty()) // it may have ended
      if (auto sight = watch(whose, answer[3].integer().value_or(0), false); sight.signal == store_signal::watched)
        return sight;
    return error{errc::not_a_queue, "ordering",
                 (answer[1].text() == "per_user" ? "must be per_user" : "must not be per_user") +
                     std::string{", as in the processes that deliver from "} + keys_.queue() + ", or did last"};
  }
  if (word == "other")
    return error{errc::other_destination, "queue.name",
                 keys_.queue() + " holds events for another data_plane_url or write_key; use another queue, or set "
                                 "queue.adopt in the process that delivers, to send them to this one"};
  return answer_not_understood();
}

redis_call redis_owner::call_reclaim() const {
  return {.script = redis_script::reclaim, .keys = keys_, .arguments = {token_, session_, mode_, ttl_, max_crashes_}};
}

void redis_owner::add_reclaim() {
  connection_.call(redis_script::reclaim, keys_, call_reclaim().arguments);
}

result<bool> redis_owner::read_reclaim(redis_value answer) {
  if (answer.size() == 0 || !read_burials(answer, 1, buried_))
    return answer_not_understood();
  return answer[0].integer() == 1;
}

store_error redis_owner::watch(std::string_view whose, std::int64_t expires_ms, bool is_later) {
  const auto now = std::chrono::steady_clock::now();
  if (!watched_ || watched_->whose != whose) {
    const auto over = now + milliseconds{std::max<std::int64_t>(expires_ms, 0)} + grace;
    watched_ = sighting{.whose = std::string{whose}, .expires_ms = expires_ms, .seen = now, .over = over};
  }
  const auto passed = std::chrono::duration_cast<milliseconds>(now - watched_->seen).count();
  // What is renewed expires later than it did.
  const bool renewed = expires_ms > watched_->expires_ms - passed + 500;
  // One that was there before this process is back only because Redis went back in time; it may have ended since.
  if ((owned_ && is_later) || renewed || now >= watched_->over)
    return error{errc::queue_taken, "queue.name",
                 keys_.queue() + " is processed by " + owner_token::describe(whose) +
                     "; it has one process, unless queue.is_multi_processor is true for all of them"};
  return {{errc::store_failed, "queue.name",
           keys_.queue() + " was processed by " + owner_token::describe(whose) + ", which may have ended; waiting"},
          store_signal::watched};
}

void redis_owner::redirecting(const std::string& fingerprint) {
  next_fingerprint_ = fingerprint;
  sure_ = false;
}

void redis_owner::redirected() {
  fingerprint_ = std::exchange(next_fingerprint_, {});
  sure_ = true;
}

void redis_owner::add_leave(const std::string& incarnation) {
  connection_.call(redis_script::leave, keys_, leaving(incarnation));
}

void redis_owner::read_leave(redis_value answer, const std::string& incarnation) {
  // What fails is over after owner_ttl all the same.
  if (answer.is_error())
    (void)connection_.run_one(redis_script::leave, keys_, leaving(incarnation));
  owned_ = sure_ = false;
}

std::vector<std::string_view> redis_owner::leaving(const std::string& incarnation) const {
  auto arguments = credentials();
  arguments.push_back(incarnation);
  return arguments;
}

} // namespace sluice
