#include "server/administration/jobs.hpp"

#include <algorithm>
#include <utility>

#include "server/administration/dead_filter_json.hpp"

namespace sluice {

namespace {

// Batches to change at a time. Few, so that other users of the queue wait only briefly.
constexpr std::size_t letters_at_a_time = 100;
// How many pages a rate is divided into, so that a job goes on evenly.
constexpr double pages_per_second = 5;
// How long an erasure waits for what is in flight, and how often it looks.
constexpr std::chrono::seconds erasure_patience{60};
constexpr std::chrono::milliseconds pause_of_erasure{500};

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

nlohmann::ordered_json json_of(const job& j) {
  nlohmann::ordered_json json{{"id", j.id}, {"what", to_string(j.order.what)}, {"filter", json_of(j.order.filter)}};
  json["rate"] = j.order.rate > 0 ? nlohmann::ordered_json(j.order.rate) : nlohmann::ordered_json(nullptr);
  json["by"] = j.order.by.empty() ? "token" : j.order.by;
  json["state"] = to_string(j.state);
  json["error"] = j.failure;
  json["letters"] = j.letters;
  json["events"] = j.events;
  json["looked_at"] = j.search.looked_at();
  json["began_ms"] = j.began.time_since_epoch().count();
  json["ended_ms"] = j.ended ? nlohmann::ordered_json(j.ended->time_since_epoch().count()) : nullptr;
  return json;
}

const job* jobs::add(job_order order, store_time now) {
  const auto waiting =
      std::count_if(all_.begin(), all_.end(), [](const job& j) { return j.state == job_state::waiting; });
  if (static_cast<std::size_t>(waiting) >= most_waiting)
    return nullptr;
  dead_search search{order.filter};
  all_.push_back(
      {.id = std::to_string(++last_id_), .order = std::move(order), .began = now, .search = std::move(search)});
  return &all_.back();
}

const job* jobs::find(const std::string& id) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const job& j) { return j.id == id; });
  return found == all_.end() ? nullptr : &*found;
}

const job* jobs::cancel(const std::string& id, store_time now) {
  for (auto& j : all_)
    if (j.id == id && !j.is_over())
      return end(j, job_state::cancelled, now);
  return nullptr;
}

job* jobs::current() {
  const auto found = std::find_if(all_.begin(), all_.end(), [](const job& j) { return !j.is_over(); });
  return found == all_.end() ? nullptr : &*found;
}

std::optional<jobs::clock::time_point> jobs::due(clock::time_point now) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [](const job& j) { return !j.is_over(); });
  if (found == all_.end())
    return std::nullopt;
  return std::max(found->due.value_or(now), now);
}

const job* jobs::step(queue_admin& queue, store_time now, clock::time_point at) {
  auto* j = current();
  if (!j || j->due.value_or(at) > at)
    return nullptr;
  j->state = job_state::running;
  return j->order.what == job_kind::erase ? erase_some(*j, queue, now, at) : change_some(*j, queue, now, at);
}

const job* jobs::change_some(job& j, queue_admin& queue, store_time now, clock::time_point at) {
  // The place is kept only once the page is changed: if the actor fails in between, the next one looks at it again.
  auto search = j.search;
  const auto page = search.next(queue, now, bounds_of(j));
  if (!page)
    return fail(j, page.error(), now);
  std::vector<std::string> ids;
  for (const auto& d : *page)
    ids.push_back(d.id);
  if (!ids.empty()) { // to the queue, no ids are all
    const auto changed = j.order.what == job_kind::replay ? queue.replay_dead(ids) : queue.purge_dead(ids);
    if (!changed)
      return fail(j, changed.error(), now);
    j.events += *changed;
    j.letters += ids.size();
    j.due = at + time_for(*changed, j.order.rate); // what was slow is not made up for
  }
  j.search = std::move(search);
  return j.search.is_over() ? end(j, job_state::done, now) : nullptr;
}

const job* jobs::erase_some(job& j, queue_admin& queue, store_time now, clock::time_point at) {
  if (!j.erasure) {
    j.erasure = std::make_unique<user_erasure>(j.order.who);
    j.erase_until = at + erasure_patience;
  }
  auto& e = *j.erasure;
  if (const auto done = e.next(queue, now); !done)
    return fail(j, done.error(), now);
  j.events = e.events();
  j.letters = e.batches();
  if (e.waits())
    j.due = at + pause_of_erasure;
  if (!e.is_over() && (!e.is_at_end() || at < j.erase_until))
    return nullptr;
  if (const auto done = queue.scrub(); !done)
    return fail(j, done.error(), now);
  if (const auto left = e.what_is_left(); !left.empty())
    return fail(j, {errc::pending, "", left}, now);
  return end(j, job_state::done, now);
}

const job* jobs::fail(job& j, const error& why, store_time now) {
  j.failure = why.message;
  return end(j, job_state::failed, now);
}

// Of those that are over the last ones are kept, to be asked for.
const job* jobs::end(job& j, job_state how, store_time now) {
  j.state = how;
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
