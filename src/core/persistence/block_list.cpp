#include "core/persistence/block_list.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL // a header is enough
#include <xxhash.h>

#include "core/event/encode.hpp"

namespace sluice {

namespace {

// Fewer than a queue has notes, so that jobs have room for theirs.
constexpr std::size_t most_blocked = 9'000;

constexpr std::string_view notes_of_blocked = "blocked/", user_kind = "user/", anonymous_kind = "anonymous/";

std::string note_name(std::string_view kind, std::string_view id) {
  const auto digest = XXH3_128bits(id.data(), id.size());
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  return std::string{notes_of_blocked}.append(kind).append(digits.data());
}

// The beginning of time for what is no moment: such a note has no effect.
store_time moment_in(const std::string& text) {
  std::int64_t ms = 0;
  std::from_chars(text.data(), text.data() + text.size(), ms);
  return store_time{std::chrono::milliseconds{ms}};
}

// Changes a note to what `next` makes of its text, and returns the text that it had. Nobody else writes these notes but
// for the same reason, so that a few tries are plenty.
template <class Next>
result<std::string> change_note(queue_admin& queue, const std::string& name, Next next) {
  constexpr int most_tries = 10;
  for (int i = 0; i < most_tries; ++i) {
    const auto there = queue.notes(name);
    if (!there)
      return there.error();
    auto was = there->empty() ? std::string{} : there->front().text;
    const std::string text = next(was);
    if (text == was)
      return was;
    const auto put = queue.put_note({name, text}, was);
    if (!put)
      return put.error();
    if (*put)
      return was;
  }
  return error{errc::store_failed, "", "others change the list of blocked users all the time"};
}

std::vector<std::string> note_names(const erased_user& who) {
  std::vector<std::string> names;
  for (const auto& [kind, id] : {std::pair{user_kind, std::string_view{who.user}}, {anonymous_kind, who.anonymous}})
    if (!id.empty())
      names.push_back(note_name(kind, id));
  return names;
}

// The list must not grow for ever.
result<void> make_room(queue_admin& queue, store_time now) {
  const auto all = queue.notes(std::string{notes_of_blocked});
  if (!all)
    return all.error();
  auto left = all->size();
  for (const auto& note : *all)
    if (moment_in(note.text) <= now) {
      if (const auto removed = queue.put_note({note.name, ""}, note.text); !removed)
        return removed.error();
      --left;
    }
  if (left >= most_blocked)
    return error{errc::backlog_full, "", "the queue has " + std::to_string(left) + " blocked ids, and takes no more"};
  return {};
}

} // namespace

result<block_list> block_list::read(queue_admin& queue) {
  const auto notes = queue.notes(std::string{notes_of_blocked});
  if (!notes)
    return notes.error();
  block_list list;
  for (const auto& note : *notes)
    list.until_.emplace(note.name, moment_in(note.text));
  return list;
}

bool block_list::has(const event_view& e, store_time now) const {
  if (has(user_kind, e.user_id, now) || has(anonymous_kind, e.anonymous_id, now))
    return true;
  // Only aliases have a `previousId`.
  const auto previous = e.type == event_type::alias ? e.subject : std::string_view{};
  return has(user_kind, previous, now) || has(anonymous_kind, previous, now);
}

bool block_list::has(std::string_view kind, std::string_view id, store_time now) const {
  if (id.empty())
    return false;
  const auto found = until_.find(note_name(kind, id));
  return found != until_.end() && found->second > now;
}

result<void> block(queue_admin& queue, const erased_user& who, store_time until, store_time now) {
  if (auto done = make_room(queue, now); !done)
    return done;
  for (const auto& name : note_names(who)) {
    const auto was = change_note(queue, name, [&](const std::string& text) {
      return std::to_string(std::max(until, moment_in(text)).time_since_epoch().count());
    });
    if (!was)
      return was.error();
  }
  return {};
}

result<std::size_t> unblock(queue_admin& queue, const erased_user& who, store_time now) {
  std::size_t blocked = 0;
  for (const auto& name : note_names(who)) {
    const auto was = change_note(queue, name, [](const std::string&) { return std::string{}; });
    if (!was)
      return was.error();
    blocked += moment_in(*was) > now ? 1 : 0;
  }
  return blocked;
}

} // namespace sluice
