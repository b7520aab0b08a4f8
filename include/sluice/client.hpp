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

struct analytics;

/// For code outside of actors: accepts events on the calling thread, without a message. Every method may be called
/// from any thread; the destructor by one, after the others are done.
///
/// An accepted event is in the buffer, and stored with its batch; to wait until it is, use `flush` or send it to the
/// buffer actor as a request.
class SLUICE_API client {
public:
  /// `running` comes from `spawn_analytics`. The client owns its end: see the destructor.
  explicit client(const analytics& running);

  /// Shuts the system down within the option `shutdown_deadline`, unless `shutdown` has.
  ~client();

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Encodes an event and accepts it. Gives its message id, or why it was rejected: what is wrong with it, or
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
  /// `flush_deadline`) has passed. Must not be called from an actor.
  result<flush_report> flush(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// Refuses what is new, delivers what waits until the deadline (zero: the option `shutdown_deadline`), stops every
  /// actor. Must not be called from an actor.
  result<shutdown_report> shutdown(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// As the message `set_destination`: what is empty stays as it is. Errors: `invalid_option`, with everything that is
  /// wrong; `closed`. Must not be called from an actor.
  result<void> set_destination(const std::string& data_plane_url, const std::string& write_key);

  /// Totals so far.
  counts totals() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace sluice
