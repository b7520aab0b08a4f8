#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/analytics.hpp"
#include "sluice/server_options.hpp"

namespace sluice {

/// A running HTTP server, as its host sees it. It ends with the system that it was spawned for; destroying this changes
/// nothing. Any thread may call every method.
class SLUICE_API server {
public:
  /// Returns the URL of the server, as in `http://127.0.0.1:8423`, or `unix:PATH`.
  const std::string& url() const noexcept;
  /// Reads the files of the write keys and of the token again. After an error the present ones are kept. `closed`: the
  /// system has ended.
  result<void> read_keys_again() const;
  /// Returns whether the server's thread takes work within the time. Blocks.
  bool is_alive(std::chrono::milliseconds at_most) const;

private:
  friend struct serving_access;
  struct impl;
  explicit server(std::shared_ptr<const impl>);
  std::shared_ptr<const impl> impl_;
};

/// Starts an HTTP server through which other processes send events: an actor of the system, supervised like the others.
/// Returns it, or every reason why it was not started: `invalid_option` for each invalid option, and for a file that
/// cannot be read or an address that cannot be listened on. A system has one server. Blocks.
SLUICE_API boost::system::result<server, std::vector<error>>
spawn_server(caf::actor_system& system, const analytics& running, const server_options& settings);

} // namespace sluice
