#include "server/administration/administrator.hpp"

#include <algorithm>
#include <utility>

#include "core/counted.hpp"
#include "core/persistence/block_list.hpp"
#include "core/persistence/dead_letter_json.hpp"
#include "server/administration/answers.hpp"
#include "server/administration/openapi.hpp"

namespace sluice {

namespace {

// Enough that no two jobs of a queue have the same; if they had, the second would be refused.
constexpr std::size_t digits_of_job_id = 12;

// As a line of the log has it.
std::string named(const std::string& by) {
  return by.empty() ? "the administrator's token" : by;
}

reply unreadable(const error& why) {
  return admin_failure(503, "the payload cannot be read: " + why.message);
}

reply letter_answer(const dead_letter& letter) {
  const auto json = json_with_events(letter);
  return json ? admin_answer(200, *json) : unreadable(json.error());
}

// What is too large, or wrong in another way, is a part of the body.
reply edit_failure(const error& why) {
  return why.field == "payload" ? unreadable(why) : admin_failure(400, why.message, why.field);
}

// Letters that are asked for by id are all in one answer.
std::size_t limit_of(const dead_filter& f, std::size_t limit) {
  return f.ids.empty() ? limit : f.ids.size();
}

reply job_answer(int status, nlohmann::ordered_json j) {
  return admin_answer(status, {{"job", std::move(j)}});
}

reply no_such_job() {
  return admin_failure(404, "there is no such job; each process keeps the last 20 that have ended there");
}

reply done(const char* what) {
  return admin_answer(200, {{"done", what}});
}

const char* past(job_kind k) {
  switch (k) {
  case job_kind::replay:
    return "replayed";
  case job_kind::purge:
    return "purged";
  case job_kind::erase:
    return "erased";
  }
  return "";
}

} // namespace

struct administrator::visitor {
  administrator& self;
  reply_hook& answer;
  clock::time_point now;
  const std::string& by;

  void operator()(const status_call&) const {
    self.parts_.look([&self = self, answer = answer](const system_view& v) {
      auto c = self.parts_.context();
      c.since = self.parts_.state.states.note(state_of(v), c.now);
      answer(admin_answer(200, status_json(v, c)));
    });
  }
  void operator()(const history_call&) const { answer(admin_answer(200, json_of(self.parts_.state.samples))); }
  void operator()(const openapi_call&) const { answer(admin_answer(200, openapi_json())); }
  void operator()(list_call& c) const { search(c, list_answer(limit_of(c.filter, c.limit))); }
  void operator()(groups_call& c) const { search(c, groups_answer()); }
  void operator()(export_call& c) const { search(c, export_answer(limit_of(c.filter, c.limit))); }
  void operator()(const letter_call& c) const {
    const auto letter = self.parts_.queue.show_dead(c.id);
    answer(letter ? letter_answer(*letter) : admin_failure(letter.error()));
  }
  void operator()(const edit_call& c) const {
    const auto letter = self.parts_.queue.show_dead(c.id);
    if (!letter)
      return answer(admin_failure(letter.error()));
    const auto edited =
        edit_dead(*letter, c.change, {.most = self.parts_.most, .now = self.parts_.context().now, .ids = self.ids_});
    if (!edited)
      return answer(edit_failure(edited.error()));
    const auto& other = edited->by;
    const auto replaced = self.parts_.queue.replace_dead(letter->id, other);
    if (!replaced)
      return answer(admin_failure(replaced.error()));
    self.parts_.log(named(by) + " replaced dead letter " + letter->id + " by " + other->id + ": " +
                    std::to_string(edited->dropped) + " events dropped, " + std::to_string(edited->edited) + " edited");
    answer(admin_answer(
        200, {{"id", other->id}, {"replaces", letter->id}, {"events", other->events}, {"dropped", edited->dropped}}));
  }
  void operator()(change_call& c) const {
    c.order.by = by;
    const auto added = self.parts_.state.all_jobs.add(self.parts_.queue, self.ids_.hex().substr(0, digits_of_job_id),
                                                      std::move(c.order), self.parts_.context().now, now);
    if (!added)
      return answer(admin_failure(added.error()));
    const auto* j = *added;
    if (!j)
      return answer(admin_failure(429, "too many jobs wait; try again later"));
    self.parts_.log(named(by) + " wants " +
                    (j->order.what == job_kind::erase ? "the events of a user" : "dead letters") + " to be " +
                    past(j->order.what) + ": job " + j->id);
    answer(job_answer(202, json_of(*j)));
  }
  void operator()(const unblock_call& c) const {
    const auto done = unblock(self.parts_.queue, c.who, self.parts_.context().now);
    if (!done)
      return answer(admin_failure(done.error()));
    self.parts_.log(named(by) + " unblocked " + counted(*done, "id", "ids") + " of a user");
    answer(admin_answer(200, {{"unblocked", *done}}));
  }
  void operator()(const jobs_call&) const {
    std::vector<nlohmann::ordered_json> all;
    for (const auto& j : self.parts_.state.all_jobs.all())
      all.push_back(json_of(j));
    for (const auto* j : self.parts_.state.all_jobs.elsewhere())
      all.push_back(json_of(*j, true));
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a["began_ms"] < b["began_ms"]; });
    answer(admin_answer(200, {{"jobs", std::move(all)}}));
  }
  void operator()(const job_call& c) const {
    if (const auto* j = self.parts_.state.all_jobs.find(c.id))
      return answer(job_answer(200, json_of(*j)));
    const auto j = jobs::find_elsewhere(self.parts_.queue, c.id);
    answer(!j ? admin_failure(j.error()) : *j ? job_answer(200, json_of(**j, true)) : no_such_job());
  }
  void operator()(const cancel_call& c) const {
    const auto* own = self.parts_.state.all_jobs.find(c.id);
    if (!own || own->is_over()) // another process may go on with it
      return cancel_elsewhere(c.id, own != nullptr);
    const auto ended = self.parts_.state.all_jobs.cancel(self.parts_.queue, c.id, self.parts_.context().now);
    if (!ended)
      return answer(admin_failure(ended.error()));
    const auto& j = **ended;
    self.say_end(j);
    answer(j.state == job_state::cancelled ? job_answer(200, json_of(j)) : admin_failure(409, j.failure));
  }
  void operator()(const pause_call& c) const {
    const auto set = self.parts_.queue.set_paused(c.paused);
    if (!set)
      return answer(admin_failure(set.error()));
    self.parts_.log(named(by) + (c.paused ? " paused" : " resumed") + " deliveries from the queue");
    answer(done(c.paused ? "deliveries from the queue are paused, in every process"
                         : "deliveries from the queue are resumed, in every process"));
  }
  void operator()(const destination_call& c) const {
    const auto what = std::string{c.data_plane_url.empty() ? "" : "the URL"} +
                      (c.data_plane_url.empty() || c.write_key.empty() ? "" : " and ") +
                      (c.write_key.empty() ? "" : "the write key");
    self.parts_.redirect(c, [&self = self, answer = answer, what, by = by](const error* why) {
      if (why)
        return answer(admin_failure(*why));
      self.parts_.log(named(by) + " changed " + what + " of the destination");
      answer(done("this process delivers to the new destination"));
    });
  }

private:
  void cancel_elsewhere(const std::string& id, bool is_known) const {
    const auto j = self.parts_.state.all_jobs.cancel_elsewhere(self.parts_.queue, id, self.parts_.context().now);
    if (!j)
      return answer(admin_failure(j.error()));
    if (!*j)
      return answer(is_known ? admin_failure(409, "the job has ended before") : no_such_job());
    self.parts_.log(named(by) + " cancelled job " + id + " of another process");
    answer(job_answer(200, json_of(**j, true)));
  }
  template <class Call>
  void search(Call& c, std::unique_ptr<search_answer> found) const {
    self.searches_.push_back({.search = dead_search{std::move(c.filter), {.after = std::move(c.after)}},
                              .answer = std::move(answer),
                              .until = now + most_time_of_search,
                              .found = std::move(found)});
  }
};

void administrator::take(admin_request request, reply_hook answer, clock::time_point now) {
  std::visit(visitor{*this, answer, now, request.by}, request.call);
}

std::optional<administrator::clock::time_point> administrator::next_turn(clock::time_point now) const {
  return searches_.empty() ? parts_.state.all_jobs.due(now) : std::optional{now};
}

// One page of the search that has waited longest, and one of the job.
void administrator::work(clock::time_point now) {
  if (!searches_.empty()) {
    auto next = std::move(searches_.front());
    searches_.pop_front();
    if (!search_on(next, now))
      searches_.push_back(std::move(next));
  }
  auto& all = parts_.state.all_jobs;
  if (const auto due = all.due(now); !due || *due > now)
    return;
  if (const auto* ended = all.step(parts_.queue, parts_.context().now, now))
    say_end(*ended);
}

bool administrator::search_on(search_under_way& s, clock::time_point now) {
  auto page = s.search.next(parts_.queue, parts_.context().now, {.letters = s.found->room()});
  if (!page) {
    s.answer(admin_failure(page.error()));
    return true;
  }
  for (auto& d : *page) {
    const auto taken = s.found->add(parts_.queue, std::move(d));
    if (!taken) {
      s.answer(admin_failure(taken.error()));
      return true;
    }
    if (!*taken)
      break;
  }
  const bool may_stop = s.search.filter().ids.empty() && now >= s.until;
  if (!s.search.is_over() && s.found->room() > 0 && !may_stop)
    return false;
  s.answer(s.found->made(s.search));
  return true;
}

void administrator::say_end(const job& j) {
  const auto events = counted(j.events, "event", "events");
  const auto what = j.order.what == job_kind::erase
                        ? events + " of a user in " + counted(j.letters, "batch", "batches")
                        : counted(j.letters, "dead letter", "dead letters") + " with " + events;
  parts_.log("job " + j.id + " of " + named(j.order.by) + " is " + to_string(j.state) + ": " + past(j.order.what) +
             " " + what + (j.failure.empty() ? "" : "; " + j.failure));
}

void administrator::sample(clock::time_point at) {
  const auto changed = parts_.state.all_jobs.tend(parts_.queue, parts_.context().now, at, parts_.may_change());
  for (const auto& id : changed.lost)
    if (const auto* j = parts_.state.all_jobs.find(id))
      say_end(*j);
  for (const auto& id : changed.taken_over)
    parts_.log("job " + id + " goes on here: the process that ran it has given no sign of life");
  parts_.look([this](const system_view& v) {
    const auto now = parts_.context().now;
    parts_.state.states.note(state_of(v), now);
    parts_.state.samples.add(v, now);
  });
}

} // namespace sluice
