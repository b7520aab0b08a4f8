#include "core/persistence/user_erasure.hpp"

#include <algorithm>
#include <utility>

#include "core/counted.hpp"
#include "core/event/json_walker.hpp"

namespace sluice {

namespace {

// Batches to read at a time. Few, so that other users of the queue wait only briefly.
constexpr std::size_t batches_of_page = 100;

// Batches to change at a time: to store a change may take as long as to read many pages, and others wait for it.
constexpr std::size_t batches_of_change = 50;

// What is split while it is passed over may be missed by one look, and is found by the next.
constexpr int least_passes = 2;

// Looks whether an event is of a user.
class user_finder : public json_walker {
public:
  explicit user_finder(const erased_user& who) : who_{who} {}

  bool found() const noexcept { return found_; }

  bool string(std::string& text) override {
    found_ = found_ || (depth() == 1 && names_user(text));
    return !found_; // else the rest need not be read
  }

private:
  bool names_user(const std::string& text) const {
    const bool is_user = !who_.user.empty() && text == who_.user;
    const bool is_anonymous = !who_.anonymous.empty() && text == who_.anonymous;
    return (name() == "userId" && is_user) || (name() == "anonymousId" && is_anonymous) ||
           (name() == "previousId" && (is_user || is_anonymous));
  }

  const erased_user& who_;
  bool found_ = false;
};

bool is_of_user(std::string_view event, const erased_user& who) {
  user_finder finder{who};
  nlohmann::json::sax_parse(event, &finder);
  return finder.found();
}

// Whether a text may stand in a body, as it is or with escapes. Most bodies are not of the user, and need not be read.
bool may_have(const std::string& body, const std::string& id) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@";
  return !id.empty() && (body.find(id) != std::string::npos || id.find_first_not_of(plain) != std::string::npos ||
                         body.find("\\u") != std::string::npos);
}

} // namespace

result<batch_without_user> without_user(const batch& b, const erased_user& who, payload_sealer& sealer,
                                        std::chrono::system_clock::time_point now) {
  const auto body = open_payload(*b.payload);
  if (!body)
    return body.error();
  if (!may_have(*body, who.user) && !may_have(*body, who.anonymous))
    return batch_without_user{};
  const auto events = events_of(*body);
  if (!events)
    return events.error();
  if (events->size() != b.events)
    return error{errc::invalid_json, "payload", "the payload has another number of events"};
  std::vector<std::uint8_t> places;
  for (const auto& e : *events)
    places.push_back(is_of_user(e, who) ? 1 : 0);
  batch_without_user found;
  found.events = static_cast<std::uint32_t>(std::count(places.begin(), places.end(), 1));
  if (found.events == 0 || found.events == places.size())
    return found;
  const auto parts = divide_payload(*b.payload, places, sealer, now);
  if (!parts)
    return parts.error();
  found.rest = std::make_shared<const batch>(
      batch{.id = b.id, .events = static_cast<std::uint32_t>(places.size()) - found.events, .payload = parts->front()});
  return found;
}

result<void> user_erasure::next(queue_admin& queue, std::chrono::system_clock::time_point now) {
  waits_ = is_over_ = false;
  if (after_.empty())
    began_ = now;
  const auto page = queue.list_batches(after_, batches_of_page);
  if (!page)
    return page.error();
  auto found = found_;
  auto gathered = gathered_;
  for (const auto& b : page->batches) {
    const auto without = without_user(*b.content, who_, sealer_, now);
    if (!without)
      ++found.unreadable;
    else if (without->events > 0 && b.in_flight)
      found.in_flight += without->events;
    else if (without->events > 0)
      gathered.push_back({.from = b, .rest = without->rest});
  }
  if (gathered.size() >= batches_of_change || (page->next.empty() && !gathered.empty())) {
    const auto erased = queue.erase_events(gathered);
    if (!erased)
      return erased.error();
    found.erased += gathered.size(); // also if some have changed meanwhile: they are looked for again
    events_ += *erased;
    batches_ += gathered.size();
    gathered.clear();
  }
  found_ = found;
  gathered_ = std::move(gathered);
  after_ = page->next;
  if (!after_.empty())
    return {};
  const bool is_clean = ++passes_ >= least_passes && found_.erased + found_.in_flight == 0;
  is_over_ = is_clean && began_ >= comes_until_;
  waits_ = found_.in_flight > 0 || (is_clean && !is_over_);
  found_before_ = std::exchange(found_, {});
  return {};
}

std::string user_erasure::what_is_left() const {
  const auto& [erased, in_flight, unreadable] = found_before_;
  if (unreadable > 0)
    return counted(unreadable, "batch cannot be read, and may have", "batches cannot be read, and may have") +
           " events of the user";
  if (is_over_)
    return "";
  if (in_flight > 0)
    return counted(in_flight, "event of the user is", "events of the user are") +
           " in flight; erase the user again when they have been delivered or have failed";
  return "events of the user may be left; erase the user again";
}

} // namespace sluice
