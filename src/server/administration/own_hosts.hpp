#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/listen_address.hpp"

namespace sluice {

/// The hosts that a server is known by. A page of another site can have its name point here (DNS rebinding), but its
/// browser then says that name.
class own_hosts {
public:
  /// `public_hosts`: the names and addresses by which others know the server, besides where it listens.
  own_hosts(const listen_address&, const std::vector<std::string>& public_hosts);

  /// Returns whether the value of a `Host` header names one of them, with a port or without.
  bool has(std::string_view host) const;
  /// Returns whether a request with these headers was not made by a page of another origin. `origin` is empty if
  /// the request has none.
  bool permits_origin(std::string_view origin, std::string_view host) const;

private:
  bool is_own(std::string_view name) const;

  std::vector<std::string> names_;
  std::vector<std::string> public_names_;
  /// It listens on every address of the machine. A name can be made to point here, an address cannot.
  bool any_address_ = false;
};

} // namespace sluice
