#include "core/persistence/dead_filter.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/wire/payload.hpp"

namespace sluice {

namespace {

// Looks for events in a body without building a tree of it, however deep it is.
class event_finder : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit event_finder(const dead_filter& wanted) : wanted_{wanted} {}

  bool found() const noexcept { return found_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string& text) override {
    if (depth_ == depth_of_fields && in_batch_) {
      has_name_ = has_name_ || (key_ == "event" && text == wanted_.event);
      has_user_ = has_user_ || ((key_ == "userId" || key_ == "anonymousId") && text == wanted_.user);
    }
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (++depth_ == depth_of_fields) {
      has_name_ = wanted_.event.empty();
      has_user_ = wanted_.user.empty();
    }
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1)
      in_batch_ = name == "batch";
    key_ = name;
    return true;
  }
  bool end_object() override {
    found_ = found_ || (depth_ == depth_of_fields && in_batch_ && has_name_ && has_user_);
    --depth_;
    return !found_; // else the rest need not be read
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

private:
  // {"batch":[{…
  static constexpr int depth_of_fields = 3;

  const dead_filter& wanted_;
  int depth_ = 0;
  std::string key_;
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
