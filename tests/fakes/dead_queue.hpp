#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/persistence/dead_cursor.hpp"
#include "core/wire/payload.hpp"
#include "sluice/store.hpp"

namespace sluice::test {

/// A queue that has nothing but dead letters and notes.
class dead_queue : public queue_admin {
public:
  /// Adds a letter that died `at` ms after 1970. `events`: the texts of its events.
  void add(const std::string& id, std::int64_t at, failure_note why = {400, "HTTP 400"},
           const std::vector<std::string>& events = {R"({"event":"e","userId":"u"})"}) {
    std::string text;
    for (const auto& e : events)
      text += (text.empty() ? "" : ",\n") + e;
    letters.push_back({.id = id,
                       .events = static_cast<std::uint32_t>(events.size()),
                       .attempts = 1,
                       .why = std::move(why),
                       .died = store_time{std::chrono::milliseconds{at}},
                       .payload = payload_sealer{}.seal(text, true, {})});
  }

  result<store_stats> stats() override {
    if (broken)
      return failure();
    store_stats s{.paused = paused};
    for (const auto& d : letters)
      s.dead += d.events;
    s.stored = s.dead;
    return s;
  }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    if (broken)
      return failure();
    const auto behind = parse_dead_cursor(after);
    if (!behind)
      return behind.error();
    std::vector<dead_letter> page;
    for (const auto& d : letters)
      if (page.size() < limit && (after.empty() || std::pair{d.died, d.id} > std::pair{behind->died, behind->id})) {
        page.push_back(d);
        page.back().payload = nullptr;
      }
    return page;
  }
  result<dead_letter> show_dead(const std::string& id) override {
    if (broken)
      return failure();
    ++shown;
    for (const auto& d : letters)
      if (d.id == id)
        return d;
    return error{errc::unknown_batch, "id", "no dead letter has this id"};
  }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override { return remove(ids, replayed); }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override { return remove(ids, purged); }
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override {
    const auto removed = remove({id}, replaced);
    if (!removed)
      return removed.error();
    if (*removed == 0)
      return error{errc::unknown_batch, "id", "no dead letter has this id"};
    replacements.push_back(by);
    return {};
  }
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override {
    if (broken)
      return failure();
    queue_page page;
    for (const auto& d : letters) {
      if (d.id <= after)
        continue;
      if (page.batches.size() == limit) {
        page.next = page.batches.back().content->id;
        break;
      }
      page.batches.push_back(
          {.content = std::make_shared<const batch>(batch{.id = d.id, .events = d.events, .payload = d.payload}),
           .in_flight = in_flight.contains(d.id)});
    }
    return page;
  }
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override {
    if (broken)
      return failure();
    std::uint64_t events = 0;
    for (const auto& [from, rest] : all)
      std::erase_if(letters, [&, &from = from, &rest = rest](dead_letter& d) {
        if (d.id != from.content->id || in_flight.contains(d.id))
          return false;
        events += d.events - (rest ? rest->events : 0);
        if (rest) {
          d.events = rest->events;
          d.payload = rest->payload;
        }
        return !rest;
      });
    return events;
  }
  result<void> scrub() override {
    ++scrubbed;
    if (on_scrub)
      on_scrub();
    return broken ? result<void>{failure()} : result<void>{};
  }
  result<std::vector<queue_note>> notes(const std::string& prefix) override {
    if (broken)
      return failure();
    std::vector<queue_note> found;
    for (const auto& [name, text] : note_texts)
      if (name.starts_with(prefix))
        found.push_back({.name = name, .text = text});
    return found;
  }
  result<bool> put_note(const queue_note& note, const std::string& was) override {
    if (broken)
      return failure();
    const auto present = note_texts.find(note.name);
    if ((present == note_texts.end() ? "" : present->second) != was)
      return false;
    if (note.text.empty())
      note_texts.erase(note.name);
    else
      note_texts[note.name] = note.text;
    return answers_get_lost ? result<bool>{failure()} : true;
  }
  result<void> set_paused(bool p) override {
    if (broken)
      return failure();
    paused = p;
    return {};
  }

  std::vector<dead_letter> letters;
  /// By the names of the notes.
  std::map<std::string, std::string> note_texts;
  std::vector<std::string> replayed, purged, replaced;
  std::vector<batch_ptr> replacements;
  /// The ids of those that cannot be changed just now.
  std::set<std::string> in_flight;
  std::size_t scrubbed = 0;
  std::function<void()> on_scrub;
  std::size_t shown = 0;
  bool paused = false;
  bool broken = false;
  /// Notes are written, and who has written them does not hear of it.
  bool answers_get_lost = false;

private:
  static error failure() { return {errc::store_failed, "", "the store is away"}; }

  result<std::uint64_t> remove(const std::vector<std::string>& ids, std::vector<std::string>& to) {
    if (broken)
      return failure();
    std::uint64_t events = 0;
    std::erase_if(letters, [&](const dead_letter& d) {
      const bool goes = ids.empty() || std::find(ids.begin(), ids.end(), d.id) != ids.end();
      if (goes) {
        events += d.events;
        to.push_back(d.id);
      }
      return goes;
    });
    return events;
  }
};

} // namespace sluice::test
