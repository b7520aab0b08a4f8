#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/intake/intake.hpp"
#include "server/access_control.hpp"
#include "server/administration/administration.hpp"
#include "server/event_request.hpp"
#include "server/metrics.hpp"
#include "server/plain_body.hpp"
#include "server/service.hpp"
#include "server/system_view.hpp"

namespace sluice {

/// How long clients should wait while there is no room: the longer, the longer there has been none, because some give
/// up after so many attempts.
class patience {
public:
  using time = std::chrono::steady_clock::time_point;

  void found_room() noexcept { full_since_.reset(); }
  /// Other refusals than `buffer_full` say nothing of the room.
  void refused(errc why, time now) noexcept {
    if (why == errc::buffer_full)
      full_since_ = full_since_.value_or(now);
  }
  /// Returns 1 s to 30 s.
  std::chrono::seconds wait(time now) const noexcept {
    const auto full_for = std::chrono::duration_cast<std::chrono::seconds>(now - full_since_.value_or(now));
    return std::clamp(full_for, std::chrono::seconds{1}, std::chrono::seconds{30});
  }

private:
  std::optional<time> full_since_;
};

/// What a server of Sluice serves: the intake, health, metrics and the administration. An event is answered with 200
/// once it is stored.
class routes : public service {
public:
  routes(std::shared_ptr<intake> into, std::shared_ptr<const access_control>, const plain_body_limits&, ask_for_view,
         std::shared_ptr<const meters>, std::shared_ptr<request_counts>, administration);

  std::optional<reply> admit(const request_head&) override;
  void take(const request_head&, std::string body, responder) override;

private:
  std::optional<reply> refusal(const request_head&) const;
  void take_events(const request_head&, std::string body, std::string_view type, const reply_hook& answer);

  std::shared_ptr<intake> intake_;
  std::shared_ptr<const access_control> access_;
  plain_body_limits limits_;
  ask_for_view ask_;
  event_request_reader reader_;
  patience patience_;
  std::shared_ptr<const meters> meters_;
  std::shared_ptr<request_counts> requests_;
  administration administration_;
};

} // namespace sluice
