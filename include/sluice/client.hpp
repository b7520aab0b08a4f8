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

/// Sends events from threads that are not actors. It encodes on the calling thread and sends no message. A client is a
/// cheap handle: copies share the system, and destroying one changes nothing. Any thread may call every method; an
/// actor may call `send`, `send_json`, `track` and `totals` only, because the others block.
///
/// An accepted event is in the buffer, and is stored with its batch. To wait until it is stored, call `flush`, or send
/// the event to the buffer actor as a request.
class SLUICE_API client {
public:
  /// `running` comes from `spawn_analytics`. It may be destroyed before the client, which then returns `closed`.
  explicit client(const analytics& running);

  /// @{
  /// Encodes an event and offers it to the buffer. Returns its message id, or why it was rejected: an error that names
  /// the field, `buffer_full`, or `closed`. Never blocks on I/O.
  result<std::string> send(const sluice::event&);
  result<std::string> send(const sluice::track&);
  result<std::string> send(const sluice::identify&);
  result<std::string> send(const sluice::page&);
  result<std::string> send(const sluice::screen&);
  result<std::string> send(const sluice::group&);
  result<std::string> send(const sluice::alias&);
  /// @}

  /// Reads an event from JSON text as `parse_event` does, and sends it, without building a tree of its JSON: the
  /// cheapest way for an event that is JSON text already. Properties, traits, context and integrations are sent as they
  /// were given, but for white space and needless escapes; numbers keep their digits, as in `1.10`. Returns as `send`,
  /// or one of the errors of `parse_event`. A thread that calls this keeps memory for the longest text of its last
  /// calls, some nine times its size.
  result<std::string> send_json(std::string_view json_text, std::size_t max_bytes = 1 << 20);

  /// Sends a track event called `name` with a property list, which is the cheapest way to send one. Returns as `send`.
  result<std::string> track(const identity& who, std::string_view name,
                            std::initializer_list<property> properties = {});

  /// Blocks until the buffer has room for an event, or until `at_most` has passed. Returns whether it has room: with
  /// one producer, the next `send` is then not rejected as `buffer_full`. For producers that can wait, like batch jobs.
  bool wait_for_room(std::chrono::milliseconds at_most) const;

  /// Blocks until every event accepted before has reached its end, or until the deadline (zero: the option
  /// `flush_deadline`) has passed. Returns the counts. Errors: `closed`.
  result<flush_report> flush(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// Delivers to another URL, with another key, from now on, like the message `set_destination`. An empty argument
  /// keeps the present value. Blocks. Errors: `invalid_option`, with everything that is invalid; `unsupported` with
  /// `queue.enqueue_only`; `closed`.
  result<void> set_destination(const std::string& data_plane_url, const std::string& write_key);

  /// Returns the totals of this process.
  counts totals() const;

private:
  struct impl;
  std::shared_ptr<const impl> impl_;
};

} // namespace sluice
