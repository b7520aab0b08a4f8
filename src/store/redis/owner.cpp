#include "store/redis/owner.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <unistd.h>

#include "core/event/uuid.hpp"
#include "store/redis/error.hpp"

namespace sluice {

namespace {

constexpr const char* redis_schema = "3";
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

redis_owner::redis_owner(redis_connection& connection, const redis_keys& keys, const options& o,
                         std::string fingerprint)
    : connection_{connection}, keys_{keys}, settings_{o},
      fingerprint_{std::move(fingerprint)}, mode_{o.queue.enqueue_only         ? "enqueue"
                                                  : o.queue.is_multi_processor ? "multi"
                                                                               : "single"},
      ttl_{std::to_string(o.queue.owner_ttl.count())},
      max_crashes_{std::to_string(o.queue.max_crashes)}, session_{o.queue.enqueue_only ? fingerprint_ : "0"} {}

std::vector<std::string_view> redis_owner::credentials() const {
  return {token_, session_, mode_};
}

redis_owner::outcome redis_owner::ensure() {
  if (auto connected = connection_.open(); !connected)
    return connected.error();
  if (sure_ && connected_ == connection_.times_connected())
    return {};
  return acquire();
}

redis_owner::outcome redis_owner::acquire() {
  const auto reply = connection_.run_one(redis_script::acquire, keys_,
                                         {token_, session_, mode_, ttl_, fingerprint_,
                                          settings_.queue.adopt ? "1" : "0", redis_schema, next_fingerprint_});
  if (!reply)
    return reply.error();
  const auto answer = reply->value();
  const auto word = answer.size() > 0 ? answer[0].text() : std::string_view{};
  if (word == "ok" && answer.size() == 2)
    return granted(std::string{answer[1].text()});
  if (word == "taken" && answer.size() == 4)
    return watch(answer[1].text(), answer[2].integer().value_or(0), answer[3].text() == "1");
  if (word == "replaced")
    return error{errc::queue_taken, "queue.name",
                 keys_.queue() + " was processed by another process while this one gave no sign of life"};
  if (word == "schema")
    return error{errc::not_a_queue, "queue.name", keys_.queue() + " was made by another version"};
  if (word == "other")
    return error{errc::other_destination, "queue.name",
                 keys_.queue() + " holds events for another data_plane_url or write_key; use another queue, or set "
                                 "queue.adopt in the process that delivers, to send them to this one"};
  return answer_not_understood();
}

redis_owner::outcome redis_owner::granted(std::string session) {
  session_ = std::move(session);
  owned_ = true;
  next_fingerprint_.clear();
  watched_.reset();
  if (auto done = reclaim(); !done)
    return done.error();
  if (auto done = remove_garbage(); !done)
    return done.error();
  connected_ = connection_.times_connected();
  sure_ = true;
  return {};
}

result<void> redis_owner::reclaim() {
  if (settings_.queue.enqueue_only) // all leases are those of others
    return {};
  for (;;) {
    auto arguments = credentials();
    arguments.insert(arguments.end(), {ttl_, max_crashes_});
    const auto reply = connection_.run_one(redis_script::reclaim, keys_, arguments);
    if (!reply)
      return reply.error();
    const auto answer = reply->value();
    if (answer.size() == 0 || !read_burials(answer, 1, buried_))
      return answer_not_understood();
    if (answer[0].integer() != 1)
      return {};
  }
}

result<void> redis_owner::remove_garbage() {
  if (settings_.queue.enqueue_only)
    return {};
  for (bool more = true; more;) {
    const auto garbage = connection_.first_members(keys_.garbage());
    if (!garbage)
      return garbage.error();
    if (garbage->empty())
      break;
    more = garbage->size() == redis_script_most;
    const std::vector<std::string_view> ids{garbage->begin(), garbage->end()};
    if (const auto removed = connection_.run_one(redis_script::remove_garbage, keys_, ids, ids); !removed)
      return removed.error();
  }
  return {};
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

void redis_owner::leave(const std::string& incarnation) {
  if (!owned_ || !connection_.is_open())
    return;
  // What fails is over after owner_ttl all the same.
  auto arguments = credentials();
  arguments.push_back(incarnation);
  (void)connection_.run_one(redis_script::leave, keys_, arguments);
  owned_ = sure_ = false;
}

} // namespace sluice
