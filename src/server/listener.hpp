#pragma once

#include <string>

#include "server/listen_address.hpp"

namespace sluice {

/// A socket that listens. It outlives the servers that accept from it one after another, so that none is refused
/// between them.
class listener {
public:
  /// Listens on the address. A Unix socket that nobody listens on any more is replaced, and the new one is for its user
  /// and group. Errors have the field `listen`.
  static result<listener> open(const listen_address&);
  /// Takes over a socket that listens already. Errors have the field `listening_socket`.
  static result<listener> adopt(int socket);

  listener(listener&&) noexcept;
  listener& operator=(listener&&) = delete;
  /// Closes the socket, and removes the file of a Unix socket that was opened here.
  ~listener();

  int descriptor() const noexcept { return socket_; }
  /// Where it listens, with the port that it has.
  const listen_address& address() const noexcept { return address_; }

private:
  listener(int socket, listen_address address) : socket_{socket}, address_{std::move(address)} {}

  int socket_;
  listen_address address_;
  bool removes_file_ = false;
};

} // namespace sluice
