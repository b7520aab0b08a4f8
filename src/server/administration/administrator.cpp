#include "server/administration/administrator.hpp"

#include <utility>

#include "core/persistence/dead_letter_json.hpp"
#include "core/wire/payload.hpp"
#include "server/administration/answers.hpp"
#include "server/administration/openapi.hpp"

namespace sluice {

namespace {

constexpr const char* who = "the administrator's token";
constexpr std::size_t groups_page = 500;

reply letter_answer(const dead_letter& letter) {
  auto json = json_of(letter);
  const auto body = open_payload(*letter.payload);
  if (!body)
    return admin_failure(503, "the payload cannot be read: " + body.error().message);
  if (auto events = events_in(*body); !events.is_discarded())
    json["batch"] = std::move(events);
  else
    json["payload"] = *body;
  return admin_answer(200, json);
}

reply job_answer(int status, const job& j) {
  return admin_answer(status, {{"job", json_of(j)}});
}

reply no_such_job() {
  return admin_failure(404, "there is no such job; the last 20 that have ended are kept");
}

reply done(const char* what) {
  return admin_answer(200, {{"done", what}});
}

const char* past(job_kind k) {
  return k == job_kind::replay ? "replayed" : "purged";
}

} // namespace

struct administrator::visitor {
  administrator& self;
  reply_hook& answer;
  clock::time_point now;

  void operator()(const status_call&) const {
    self.parts_.look([&self = self, answer = answer](const system_view& v) {
      auto c = self.parts_.context();
      c.since = self.parts_.state.states.note(state_of(v), c.now);
      answer(admin_answer(200, status_json(v, c)));
    });
  }
  void operator()(const history_call&) const { answer(admin_answer(200, json_of(self.parts_.state.samples))); }
  void operator()(const openapi_call&) const { answer(admin_answer(200, openapi_json())); }
  void operator()(list_call& c) const {
    // Of letters that are asked for by id there is no next page.
    const auto limit = c.filter.ids.empty() ? c.limit : c.filter.ids.size();
    self.searches_.push_back({.search = dead_search{std::move(c.filter), std::move(c.after)},
                              .answer = std::move(answer),
                              .until = now + most_time_of_search,
                              .limit = limit});
  }
  void operator()(groups_call& c) const {
    self.searches_.push_back({.search = dead_search{std::move(c.filter), std::move(c.after)},
                              .answer = std::move(answer),
                              .until = now + most_time_of_search,
                              .groups = reason_groups{}});
  }
  void operator()(const letter_call& c) const {
    const auto letter = self.parts_.queue.show_dead(c.id);
    answer(letter ? letter_answer(*letter) : admin_failure(letter.error()));
  }
  void operator()(change_call& c) const {
    const auto* j = self.parts_.state.all_jobs.add(std::move(c.order), self.parts_.context().now);
    if (!j)
      return answer(admin_failure(429, "too many jobs wait; try again later"));
    self.parts_.log(std::string{who} + " wants dead letters to be " + past(j->order.what) + ": job " + j->id);
    answer(job_answer(202, *j));
  }
  void operator()(const jobs_call&) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& j : self.parts_.state.all_jobs.all())
      all.push_back(json_of(j));
    answer(admin_answer(200, {{"jobs", std::move(all)}}));
  }
  void operator()(const job_call& c) const {
    const auto* j = self.parts_.state.all_jobs.find(c.id);
    answer(j ? job_answer(200, *j) : no_such_job());
  }
  void operator()(const cancel_call& c) const {
    if (!self.parts_.state.all_jobs.find(c.id))
      return answer(no_such_job());
    const auto* j = self.parts_.state.all_jobs.cancel(c.id, self.parts_.context().now);
    if (!j)
      return answer(admin_failure(409, "the job has ended before"));
    self.say_end(*j);
    answer(job_answer(200, *j));
  }
  void operator()(const pause_call& c) const {
    const auto set = self.parts_.queue.set_paused(c.paused);
    if (!set)
      return answer(admin_failure(set.error()));
    self.parts_.log(std::string{who} + (c.paused ? " paused" : " resumed") + " deliveries from the queue");
    answer(done(c.paused ? "deliveries from the queue are paused, in every process"
                         : "deliveries from the queue are resumed, in every process"));
  }
  void operator()(const destination_call& c) const {
    const auto what = std::string{c.data_plane_url.empty() ? "" : "the URL"} +
                      (c.data_plane_url.empty() || c.write_key.empty() ? "" : " and ") +
                      (c.write_key.empty() ? "" : "the write key");
    self.parts_.redirect(c, [&self = self, answer = answer, what](const error* why) {
      if (why)
        return answer(admin_failure(*why));
      self.parts_.log(std::string{who} + " changed " + what + " of the destination");
      answer(done("this process delivers to the new destination"));
    });
  }
};

void administrator::take(admin_call call, reply_hook answer, clock::time_point now) {
  std::visit(visitor{*this, answer, now}, call);
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
  const auto most = s.groups ? groups_page : s.limit - s.found.size();
  auto page = s.search.next(parts_.queue, parts_.context().now, {.letters = most});
  if (!page) {
    s.answer(admin_failure(page.error()));
    return true;
  }
  for (auto& d : *page)
    if (s.groups) {
      s.groups->add(d);
    } else {
      d.payload.reset(); // a list does not show it
      s.found.push_back(std::move(d));
    }
  const bool has_enough = s.groups ? s.groups->is_full() : s.found.size() >= s.limit;
  const bool may_stop = s.search.filter().ids.empty() && now >= s.until;
  if (!s.search.is_over() && !has_enough && !may_stop)
    return false;
  nlohmann::ordered_json json;
  if (s.groups) {
    auto [groups, more] = s.groups->largest();
    json["groups"] = std::move(groups);
    json["more_groups"] = more;
  } else {
    json["letters"] = nlohmann::ordered_json::array();
    for (const auto& d : s.found)
      json["letters"].push_back(json_of(d));
  }
  const bool may_go_on = !s.search.is_over() && s.search.filter().ids.empty();
  json["next"] = may_go_on ? nlohmann::ordered_json(s.search.cursor()) : nlohmann::ordered_json(nullptr);
  json["looked_at"] = s.search.looked_at();
  s.answer(admin_answer(200, json));
  return true;
}

void administrator::say_end(const job& j) {
  parts_.log("job " + j.id + " of " + who + " is " + to_string(j.state) + ": " + std::to_string(j.letters) +
             " dead letters with " + std::to_string(j.events) + " events were " + past(j.order.what) +
             (j.failure.empty() ? "" : "; " + j.failure));
}

void administrator::sample() {
  parts_.look([this](const system_view& v) {
    const auto now = parts_.context().now;
    parts_.state.states.note(state_of(v), now);
    parts_.state.samples.add(v, now);
  });
}

} // namespace sluice
