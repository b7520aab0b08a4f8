#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/error.hpp"
#include "sluice/event.hpp"
#include "sluice/export.hpp"
#include "sluice/reports.hpp"

namespace sluice {

class analytics;

/// For code outside of actors: accepts events on the calling thread, without a message. A cheap handle: copies share
/// the system, and destroying one changes nothing. Every method may be called from any thread; none by an actor, but
/// `send`, `track` and `totals`, which do not wait.
///
/// An accepted event is in the buffer, and stored with its batch; to wait until it is, use `flush` or send it to the
/// buffer actor as a request.
class SLUICE_API client {
public:
  /// `running` comes from `spawn_analytics`; it may end before the client does, which then answers `closed`.
  explicit client(const analytics& running);

  /// Encodes an event and accepts it. Returns its message id, or why it was rejected: an error that names the field, or
  /// `buffer_full`, or `closed`. Never blocks on I/O.
  result<std::string> send(const sluice::event&);
  result<std::string> send(const sluice::track&);
  result<std::string> send(const sluice::identify&);
  result<std::string> send(const sluice::page&);
  result<std::string> send(const sluice::screen&);
  result<std::string> send(const sluice::group&);
  result<std::string> send(const sluice::alias&);

  /// A track event with a property list: the cheapest way in.
  result<std::string> track(const identity& who, std::string_view name,
                            std::initializer_list<property> properties = {});

  /// Blocks until the buffer has room, or `at_most` has passed. True if it has: with one producer the next `send` is
  /// not rejected as `buffer_full`. For producers that can wait, as batch jobs can.
  bool wait_for_room(std::chrono::milliseconds at_most) const;

  /// Blocks until everything accepted before has reached an end, or the deadline (zero: the option
  /// `flush_deadline`) has passed.
  result<flush_report> flush(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// As the message `set_destination`: what is empty stays as it is. Errors: `invalid_option`, with everything that is
  /// wrong; `closed`.
  result<void> set_destination(const std::string& data_plane_url, const std::string& write_key);

  /// Totals so far.
  counts totals() const;

private:
  struct impl;
  std::shared_ptr<const impl> impl_;
};

} // namespace sluice
