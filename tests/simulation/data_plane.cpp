#include "simulation/data_plane.hpp"

#include <algorithm>

#include "core/wire/payload.hpp"

namespace sluice::test {

using std::chrono::milliseconds;

/// A transport to it. What is under way is cut when the dispatcher that has it goes.
class data_plane::line : public transport {
public:
  explicit line(data_plane& to) : to_{to} {}
  ~line() override { to_.cut(this); }
  void send(delivery_request r, std::function<void(delivery_response)> done) override {
    to_.take(this, r, std::move(done));
  }

private:
  data_plane& to_;
};

transport_factory data_plane::factory() {
  return [this](const options&) { return std::make_unique<line>(*this); };
}

void data_plane::take(const line* by, const delivery_request& r, std::function<void(delivery_response)> done) {
  ++requests_;
  const auto ids = message_ids_of(*r.payload);
  auto answer = judge(ids ? *ids : std::vector<std::string>{});
  const bool takes = answer.status / 100 == 2;
  if (takes)
    for (const auto& id : *ids) {
      if (seen_.insert(id).second)
        taken_.push_back(id);
      else
        ++duplicates_;
    }
  if (takes && is == mood::flaky && chance_.percent(10)) // it has taken them, and nobody hears of it
    answer = {.failure = transport_failure::receive};
  const bool hangs = is == mood::hanging && chance_.percent(50);
  const milliseconds after{hangs ? 2'000 : chance_.percent(50) ? 0 : chance_.between(1, 100)};
  if (hangs)
    answer = {.failure = transport_failure::timeout};
  if (after == milliseconds{0} && chance_.percent(50))
    return done(std::move(answer));
  open_.emplace(now_ + after, request{by, now_ + after, std::move(answer), std::move(done)});
}

delivery_response data_plane::judge(const std::vector<std::string>& ids) {
  switch (is) {
  case mood::down:
    return chance_.percent(50) ? delivery_response{.failure = transport_failure::connect}
                               : delivery_response{.status = 503};
  case mood::throttling:
    return {.status = chance_.percent(70) ? 429 : 200, .retry_after = chance_.percent(50) ? "1" : ""};
  case mood::wrong_key:
    return {.status = chance_.one_of({302, 401, 404})};
  case mood::flaky:
    if (chance_.percent(30))
      return {.status = chance_.one_of({408, 500, 500, 502, 503})};
    break;
  case mood::well:
  case mood::hanging:
    break;
  }
  if (ids.size() > too_many_)
    return {.status = 413};
  if (std::any_of(ids.begin(), ids.end(), [](const std::string& id) { return id.starts_with(poison); }))
    return {.status = 400, .detail = "poison"};
  return {.status = 200};
}

void data_plane::cut(const line* by) {
  std::vector<std::function<void(delivery_response)>> cut;
  std::erase_if(open_, [&](auto& o) {
    if (o.second.by == by)
      cut.push_back(std::move(o.second.done));
    return o.second.by == by;
  });
  for (auto& done : cut)
    done({.failure = transport_failure::cancelled});
}

void data_plane::pass(milliseconds t) {
  now_ += t;
  while (!open_.empty() && open_.begin()->first <= now_) {
    auto r = std::move(open_.begin()->second);
    open_.erase(open_.begin());
    r.done(std::move(r.answer));
  }
}

milliseconds data_plane::until_next() const {
  return open_.empty() ? milliseconds{3'600'000} : std::max(open_.begin()->first - now_, milliseconds{0});
}

} // namespace sluice::test
