#pragma once

#include <memory>
#include <optional>

#include "server/access_control.hpp"
#include "server/administration/call.hpp"
#include "server/administration/live_streams.hpp"
#include "server/administration/own_hosts.hpp"
#include "server/page_files.hpp"
#include "server/service.hpp"

namespace sluice {

/// The part of a server that serves `/api/`, and the page that uses it: it decides who may ask for what, and reads what
/// is asked. Used on the server's thread.
class administration {
public:
  administration(own_hosts hosts, std::shared_ptr<const access_control> access, admin_call_hook take)
      : hosts_{std::move(hosts)}, access_{std::move(access)}, take_{std::move(take)}, streams_{take_} {}

  static bool serves(std::string_view path) {
    return path == "/api" || path.starts_with("/api/") || find_page_file(path);
  }

  /// As `service::admit` and `service::take`, for the paths that it serves.
  std::optional<reply> admit(const request_head&) const;
  void take(const request_head&, const std::string& body, const reply_hook& answer) const;
  /// Whether an admitted request is answered with events that go on, by `stream` instead of `take`.
  static bool streams(const request_head&);
  /// It ends when the token is read again.
  void stream(const responder& to) const {
    streams_.begin(to, [access = access_, then = access_->rules()] { return access->rules() == then; });
  }

private:
  std::optional<reply> refusal_of_change(const request_head&) const;

  own_hosts hosts_;
  std::shared_ptr<const access_control> access_;
  admin_call_hook take_;
  live_streams streams_;
};

} // namespace sluice
