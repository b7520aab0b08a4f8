#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "server/access_control.hpp"
#include "server/administration/call.hpp"
#include "server/administration/own_hosts.hpp"
#include "server/service.hpp"

namespace sluice {

/// The part of a server that serves `/api/`: it decides who may ask for what, and reads what is asked. Used on the
/// server's thread.
class administration {
public:
  /// Takes a call that is permitted, and answers it once, on any thread. Returns whether there was room for it.
  using call_hook = std::function<bool(admin_call, reply_hook)>;

  administration(own_hosts hosts, std::shared_ptr<const access_control> access, call_hook take)
      : hosts_{std::move(hosts)}, access_{std::move(access)}, take_{std::move(take)} {}

  static bool serves(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

  /// As `service::admit` and `service::take`, for the paths that it serves.
  std::optional<reply> admit(const request_head&) const;
  void take(const request_head&, const std::string& body, reply_hook answer) const;

private:
  std::optional<reply> refusal_of_change(const request_head&) const;

  own_hosts hosts_;
  std::shared_ptr<const access_control> access_;
  call_hook take_;
};

} // namespace sluice
