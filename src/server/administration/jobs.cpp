#include "server/administration/jobs.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/persistence/block_list.hpp"
#include "server/administration/dead_filter_json.hpp"
#include "server/administration/job_note.hpp"

namespace sluice {

namespace {

// Batches to change at a time. Few, so that other users of the queue wait only briefly.
constexpr std::size_t letters_at_a_time = 100;
// How many pages a rate is divided into, so that a job goes on evenly.
constexpr double pages_per_second = 5;
// How long an erasure waits for what is in flight, and how often it looks.
constexpr std::chrono::seconds erasure_patience{60};
constexpr std::chrono::milliseconds pause_of_erasure{500};
// How long a job waits when the queue has not answered, and how often the queue notes how far it is.
constexpr std::chrono::seconds pause_after_failure{5}, note_every{2};

// How long so many events take at the rate of a job.
jobs::clock::duration time_for(std::uint64_t events, double rate) {
  // A rate may be so low that the moment is none which the clock knows.
  constexpr double longest = 86'400.0 * 3'650;
  const std::chrono::duration<double> all{rate > 0 ? std::min(static_cast<double>(events) / rate, longest) : 0.0};
  return std::chrono::duration_cast<jobs::clock::duration>(all);
}

dead_search::bounds bounds_of(const job& j) {
  dead_search::bounds b{.letters = letters_at_a_time};
  if (j.order.rate > 0 && j.order.rate < 1e9)
    b.events = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(j.order.rate / pages_per_second));
  return b;
}

bool names_user(const job& j) {
  return !j.order.who.user.empty() || !j.order.who.anonymous.empty();
}

// The one that runs, or is the next to run.
template <class Jobs>
auto* first_open(Jobs& all) {
  const auto found = std::find_if(all.begin(), all.end(), [](const job& j) { return !j.is_over(); });
  return found == all.end() ? nullptr : &*found;
}

} // namespace

const char* to_string(job_kind k) noexcept {
  switch (k) {
  case job_kind::replay:
    return "replay";
  case job_kind::purge:
    return "purge";
  case job_kind::erase:
    return "erase";
  }
  return "";
}

const char* to_string(job_state s) noexcept {
  switch (s) {
  case job_state::waiting:
    return "waiting";
  case job_state::running:
    return "running";
  case job_state::done:
    return "done";
  case job_state::cancelled:
    return "cancelled";
  case job_state::failed:
    return "failed";
  }
  return "";
}

nlohmann::ordered_json json_of(const job& j, bool elsewhere) {
  nlohmann::ordered_json json{{"id", j.id}, {"what", to_string(j.order.what)}, {"filter", json_of(j.order.filter)}};
  json["rate"] = j.order.rate > 0 ? nlohmann::ordered_json(j.order.rate) : nlohmann::ordered_json(nullptr);
  json["by"] = j.order.by.empty() ? "token" : j.order.by;
  json["state"] = to_string(j.state);
  json["error"] = j.failure;
  json["letters"] = j.letters;
  json["events"] = j.events;
  json["looked_at"] = j.search.where().looked_at;
  json["began_ms"] = j.began.time_since_epoch().count();
  json["ended_ms"] = j.ended ? nlohmann::ordered_json(j.ended->time_since_epoch().count()) : nullptr;
  json["elsewhere"] = elsewhere;
  return json;
}

std::size_t jobs::waiting() const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [](const job& j) { return j.state == job_state::waiting; }));
}

result<const job*> jobs::add(queue_admin& queue, std::string id, job_order order, store_time now,
                             clock::time_point at) {
  if (waiting() >= most_waiting)
    return nullptr;
  if (order.block_for.count() > 0)
    if (const auto done = block(queue, order.who, now + order.block_for, now); !done)
      return done.error();
  dead_search search{order.filter};
  job j{.id = std::move(id), .order = std::move(order), .began = now, .search = std::move(search)};
  const auto noted = write_note(j, queue, at);
  if (!noted)
    return noted.error(); // if the note is there after all, `tend` removes it
  if (!*noted)
    return error{errc::store_failed, "", "the queue has another job of this id; try again"};
  all_.push_back(std::move(j));
  return &all_.back();
}

const job* jobs::find(const std::string& id) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const job& j) { return j.id == id; });
  return found == all_.end() ? nullptr : &*found;
}

// As long as there is a note, another process may go on with it.
result<const job*> jobs::cancel(queue_admin& queue, const std::string& id, store_time now) {
  for (auto& j : all_)
    if (j.id == id && !j.is_over()) {
      const auto removed = remove_note(j, queue);
      if (!removed)
        return removed.error();
      return *removed ? end(j, queue, job_state::cancelled, now) : give_up(j, queue, true, now);
    }
  return nullptr;
}

std::vector<const job*> jobs::elsewhere() const {
  std::vector<const job*> all;
  for (const auto& [id, seen] : seen_)
    if (!find(id)) // what this process has lost to another one is among its own until it looks again
      all.push_back(&seen.noted.what);
  return all;
}

result<std::optional<job>> jobs::find_elsewhere(queue_admin& queue, const std::string& id) {
  if (!is_job_id(id))
    return std::optional<job>{};
  const auto notes = queue.notes(notes_of_jobs + id);
  if (!notes)
    return notes.error();
  for (const auto& note : *notes)
    if (note.name == notes_of_jobs + id)
      if (auto noted = read_job_note(note))
        return std::optional{std::move(noted->what)};
  return std::optional<job>{};
}

// Its process sees that the note has gone.
result<std::optional<job>> jobs::cancel_elsewhere(queue_admin& queue, const std::string& id, store_time now) {
  constexpr int most_tries = 10; // the process may write the note in between
  for (int i = 0; i < most_tries; ++i) {
    auto found = find_elsewhere(queue, id);
    if (!found || !*found)
      return found;
    auto& j = **found;
    const auto removed = queue.put_note({notes_of_jobs + id, ""}, j.note);
    if (!removed)
      return removed.error();
    if (!*removed)
      continue;
    seen_.erase(id);
    if (names_user(j)) // as its process does, if it is still there
      queue.scrub();
    j.state = job_state::cancelled;
    j.ended = now;
    return found;
  }
  return error{errc::store_failed, "", "the note of the job changes all the time"};
}

// Returns whether the note was as this server has written it. What may be there, because the answer got lost, is tried
// again as it is.
result<bool> jobs::write_note(job& j, queue_admin& queue, clock::time_point at) {
  if (j.tried.empty())
    j.tried = note_of(j, process_, ++beat_);
  for (const auto& was : {j.note, j.tried}) {
    const auto written = queue.put_note({notes_of_jobs + j.id, j.tried}, was);
    if (!written)
      return written.error();
    if (*written) {
      j.note = std::exchange(j.tried, {});
      j.noted = at;
      return true;
    }
  }
  return false;
}

// Returns whether the queue has no note of the job any more.
result<bool> jobs::remove_note(job& j, queue_admin& queue) {
  const auto name = notes_of_jobs + j.id;
  for (const auto& was : {j.note, j.tried})
    if (!was.empty())
      if (auto removed = queue.put_note({name, ""}, was); !removed || *removed)
        return removed;
  const auto there = queue.notes(name); // it may have been removed by a call whose answer got lost
  return there ? result<bool>{there->empty()} : there.error();
}

jobs::tended jobs::tend(queue_admin& queue, store_time now, clock::time_point at, bool may_take_over) {
  tended t;
  if (auto* j = first_open(all_); j && at - j->noted >= note_every)
    write_note(*j, queue, at); // what came of it is seen among the notes
  const auto notes = queue.notes(notes_of_jobs);
  if (!notes) {
    seen_.clear(); // other processes cannot give a sign of life either
    return t;
  }
  std::vector<noted_job> noted;
  for (const auto& note : *notes)
    if (auto found = read_job_note(note))
      noted.push_back(std::move(*found));
  t.lost = give_up_lost(queue, noted, now);
  t.taken_over = settle_own(queue, noted);
  look_at_others(std::move(noted), at);
  if (may_take_over)
    take_over(queue, at, t.taken_over);
  return t;
}

// Other processes have cancelled jobs of this one, or have taken them over. While a job waits, nothing else shows that.
std::vector<std::string> jobs::give_up_lost(queue_admin& queue, const std::vector<noted_job>& noted, store_time now) {
  std::map<std::string_view, std::string_view> processes;
  for (const auto& n : noted)
    processes[n.what.id] = n.process;
  std::vector<std::string> ids;
  for (const auto& j : all_)
    if (const auto found = processes.find(j.id);
        !j.is_over() && (found == processes.end() || found->second != process_))
      ids.push_back(j.id);
  for (const auto& id : ids)
    if (const auto j = std::find_if(all_.begin(), all_.end(), [&](const job& x) { return x.id == id; });
        j != all_.end())
      give_up(*j, queue, processes.contains(id), now);
  return ids;
}

// If an answer of the queue got lost, it may have notes of this process that belong to no open job. What the process
// wanted to take over goes on; the other notes are removed. Returns the ids of what goes on. Leaves the notes of other
// processes in `noted`.
std::vector<std::string> jobs::settle_own(queue_admin& queue, std::vector<noted_job>& noted) {
  std::vector<std::string> ids;
  for (auto& n : noted) {
    const auto* known = find(n.what.id);
    if (n.process != process_ || (known && !known->is_over()))
      continue;
    if (taking_.contains(n.what.id)) {
      ids.push_back(n.what.id);
      go_on_with(std::move(n.what));
    } else {
      queue.put_note({notes_of_jobs + n.what.id, ""}, n.what.note);
    }
  }
  std::erase_if(noted, [&](const noted_job& n) { return n.process == process_; });
  return ids;
}

// Behind the other jobs, and instead of what was known of it.
void jobs::go_on_with(job j) {
  std::erase_if(all_, [&](const job& ended) { return ended.id == j.id; });
  taking_.erase(j.id);
  all_.push_back(std::move(j));
}

void jobs::look_at_others(std::vector<noted_job> noted, clock::time_point at) {
  std::map<std::string, seen_job> seen;
  for (auto& n : noted) {
    const auto before = seen_.find(n.what.id);
    const bool is_known = before != seen_.end();
    if (is_known) // what this process has lost to another one was shown as its own until now
      std::erase_if(all_, [&](const job& ended) { return ended.id == n.what.id; });
    const bool is_same = is_known && before->second.noted.what.note == n.what.note;
    auto id = n.what.id;
    seen.emplace(std::move(id), seen_job{.noted = std::move(n), .since = is_same ? before->second.since : at});
  }
  seen_ = std::move(seen);
  std::erase_if(taking_, [&](const std::string& id) { return !seen_.contains(id); });
}

// All jobs of a process or none, in the order in which they were asked for: another process that takes them over at the
// same time must not begin with those behind.
void jobs::take_over(queue_admin& queue, clock::time_point at, std::vector<std::string>& ids) {
  std::map<std::string, std::vector<std::string>> left;
  std::set<std::string> alive;
  for (const auto& [id, seen] : seen_) {
    left[seen.noted.process].push_back(id);
    if (at - seen.since < longest_silence)
      alive.insert(seen.noted.process);
  }
  for (auto& [process, its] : left) {
    if (alive.contains(process))
      continue;
    std::sort(its.begin(), its.end(), [&](const auto& a, const auto& b) {
      return seen_.at(a).noted.what.began < seen_.at(b).noted.what.began;
    });
    for (const auto& id : its) {
      if (waiting() >= most_waiting)
        return;
      auto& j = seen_.at(id).noted.what;
      j.state = job_state::waiting;
      const auto written = write_note(j, queue, at);
      if (!written)
        taking_.insert(id);
      if (!written || !*written) // another process was faster
        return;
      ids.push_back(id);
      go_on_with(std::move(j));
      seen_.erase(id);
    }
  }
}

std::optional<jobs::clock::time_point> jobs::due(clock::time_point now) const {
  const auto* j = first_open(all_);
  return j ? std::optional{std::max(j->due.value_or(now), now)} : std::nullopt;
}

const job* jobs::step(queue_admin& queue, store_time now, clock::time_point at) {
  auto* j = first_open(all_);
  if (!j || j->due.value_or(at) > at)
    return nullptr;
  const bool begins = j->state == job_state::waiting;
  j->state = job_state::running;
  if (begins || at - j->noted >= note_every) {
    const auto written = write_note(*j, queue, at);
    if (!written)
      return wait_or_fail(*j, queue, written.error(), now, at);
    if (!*written)
      return lose(*j, queue, now, at);
  }
  j->failure.clear();
  return j->order.what == job_kind::erase ? erase_some(*j, queue, now, at) : change_some(*j, queue, now, at);
}

const job* jobs::change_some(job& j, queue_admin& queue, store_time now, clock::time_point at) {
  // The place is kept only once the page is changed: if the actor fails in between, the next one looks at it again.
  auto search = j.search;
  const auto page = search.next(queue, now, bounds_of(j));
  if (!page)
    return wait_or_fail(j, queue, page.error(), now, at);
  std::vector<std::string> ids;
  for (const auto& d : *page)
    ids.push_back(d.id);
  if (!ids.empty()) { // to the queue, no ids are all
    const auto changed = j.order.what == job_kind::replay ? queue.replay_dead(ids) : queue.purge_dead(ids);
    if (!changed)
      return wait_or_fail(j, queue, changed.error(), now, at);
    j.events += *changed;
    j.letters += ids.size();
    j.due = at + time_for(*changed, j.order.rate); // what was slow is not made up for
  }
  j.search = std::move(search);
  return j.search.is_over() ? end(j, queue, job_state::done, now) : nullptr;
}

const job* jobs::erase_some(job& j, queue_admin& queue, store_time now, clock::time_point at) {
  if (j.left)
    return scrub(j, queue, now);
  if (!j.erasure) {
    const bool blocks = j.order.block_for.count() > 0;
    j.erasure = std::make_unique<user_erasure>(j.order.who, blocks ? now + time_until_blocked : store_time{});
    j.erase_until = at + erasure_patience + (blocks ? time_until_blocked : std::chrono::seconds{0});
  }
  auto& e = *j.erasure;
  const auto before = std::pair{e.events(), e.batches()};
  if (const auto done = e.next(queue, now); !done)
    return wait_or_fail(j, queue, done.error(), now, at);
  j.events += e.events() - before.first;
  j.letters += e.batches() - before.second;
  if (e.waits())
    j.due = at + pause_of_erasure;
  if (!e.is_over() && (!e.is_at_end() || at < j.erase_until))
    return nullptr;
  // The note names the user. It must not any more before everything is overwritten.
  j.left = e.what_is_left();
  j.order.who = {};
  const auto written = write_note(j, queue, at);
  if (!written)
    return wait_or_fail(j, queue, written.error(), now, at);
  return *written ? scrub(j, queue, now) : lose(j, queue, now, at);
}

const job* jobs::scrub(job& j, queue_admin& queue, store_time now) {
  if (const auto done = queue.scrub(); !done)
    return fail(j, queue, done.error().message, now);
  return j.left->empty() ? end(j, queue, job_state::done, now) : fail(j, queue, *j.left, now);
}

const job* jobs::wait_or_fail(job& j, queue_admin& queue, const error& why, store_time now, clock::time_point at) {
  if (why.code != errc::store_failed && why.code != errc::closed)
    return fail(j, queue, why.message, now);
  j.failure = why.message;
  j.due = at + pause_after_failure;
  return nullptr;
}

const job* jobs::fail(job& j, queue_admin& queue, std::string why, store_time now) {
  j.failure = std::move(why);
  return end(j, queue, job_state::failed, now);
}

// Another process has written its note, or removed it.
const job* jobs::lose(job& j, queue_admin& queue, store_time now, clock::time_point at) {
  const auto there = queue.notes(notes_of_jobs + j.id);
  return there ? give_up(j, queue, !there->empty(), now) : wait_or_fail(j, queue, there.error(), now, at);
}

const job* jobs::give_up(job& j, queue_admin& queue, bool goes_on, store_time now) {
  j.note.clear(); // it is not ours
  j.tried.clear();
  j.failure = goes_on
                  ? "another process of the queue goes on with it"
                  : "the queue has no note of it any more: another process has cancelled or finished it, or the queue "
                    "has lost it";
  return end(j, queue, goes_on ? job_state::failed : job_state::cancelled, now);
}

// Of those that are over the last ones are kept, to be asked for.
const job* jobs::end(job& j, queue_admin& queue, job_state how, store_time now) {
  j.state = how;
  if (!j.note.empty())
    remove_note(j, queue); // if the queue does not answer, `tend` tries again
  if (names_user(j))       // so did its note
    queue.scrub();
  j.ended = now;
  j.erasure.reset();
  j.order.who = {}; // nobody needs to know any more
  const auto over = std::count_if(all_.begin(), all_.end(), [](const job& x) { return x.is_over(); });
  if (static_cast<std::size_t>(over) > most_ended)
    for (auto x = all_.begin(); x != all_.end(); ++x)
      if (x->is_over() && &*x != &j) {
        const auto id = j.id;
        all_.erase(x);
        return find(id);
      }
  return &j;
}

} // namespace sluice
