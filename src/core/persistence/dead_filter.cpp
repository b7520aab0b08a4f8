#include "core/persistence/dead_filter.hpp"

#include <algorithm>

#include "core/event/json_walker.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

namespace {

// Looks for events in a body.
class event_finder : public json_walker {
public:
  explicit event_finder(const dead_filter& wanted) : wanted_{wanted} {}

  bool found() const noexcept { return found_; }

  bool string(std::string& text) override {
    if (depth() == depth_of_fields && in_batch_) {
      has_name_ = has_name_ || (name() == "event" && text == wanted_.event);
      has_user_ = has_user_ || ((name() == "userId" || name() == "anonymousId") && text == wanted_.user);
    }
    return true;
  }
  bool start_object(std::size_t size) override {
    json_walker::start_object(size);
    if (depth() == depth_of_fields) {
      has_name_ = wanted_.event.empty();
      has_user_ = wanted_.user.empty();
    }
    return true;
  }
  bool key(std::string& name) override {
    if (depth() == 1)
      in_batch_ = name == "batch";
    return json_walker::key(name);
  }
  bool end_object() override {
    found_ = found_ || (depth() == depth_of_fields && in_batch_ && has_name_ && has_user_);
    json_walker::end_object();
    return !found_; // else the rest need not be read
  }

private:
  // {"batch":[{…
  static constexpr int depth_of_fields = 3;

  const dead_filter& wanted_;
  bool in_batch_ = false;
  bool has_name_ = false, has_user_ = false;
  bool found_ = false;
};

} // namespace

bool dead_filter::empty() const {
  return ids.empty() && status < 0 && reason.empty() && older_than.count() == 0 && younger_than.count() == 0 &&
         !asks_for_events();
}

bool dead_filter::matches(const dead_letter& d, store_time now) const {
  // Moments are compared, because a store may hold some whose age would overflow.
  return (ids.empty() || std::find(ids.begin(), ids.end(), d.id) != ids.end()) &&
         (status < 0 || d.why.status == status) && d.why.reason.find(reason) != std::string::npos &&
         (older_than.count() == 0 || d.died <= now - older_than) &&
         (younger_than.count() == 0 || d.died > now - younger_than);
}

bool dead_filter::matches_events(const std::string& payload) const {
  if (!asks_for_events())
    return true;
  const auto body = open_payload(payload);
  if (!body)
    return false;
  event_finder finder{*this};
  nlohmann::json::sax_parse(*body, &finder);
  return finder.found();
}

} // namespace sluice
