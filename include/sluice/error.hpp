#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "sluice/export.hpp"

namespace sluice {

/// Why something was rejected or failed. Values are part of the wire format between processes: append only.
enum class errc : std::uint8_t {
  missing_field = 1, ///< a required field is absent or empty
  wrong_kind,        ///< a field has the wrong JSON kind
  invalid_utf8,      ///< a string is not valid UTF-8
  invalid_number,    ///< a number that JSON cannot represent (NaN, infinity), or that would lose digits
  too_deep,          ///< nested deeper than 64
  too_large,         ///< more bytes than the limit that the message names
  invalid_date,      ///< not an ISO 8601 date
  unknown_type,      ///< `type` is none of the six event types
  invalid_json,      ///< the text is not valid JSON
  buffer_full,       ///< the buffer holds `max_internal_queue_size` events, or `max_internal_queue_bytes` bytes
  closed,            ///< the system is shutting down or has stopped
  pending,           ///< not stored within `request_deadline`; it is kept, and may yet be stored
  invalid_option,    ///< an option has an invalid value
  store_failed,      ///< the store cannot be reached, or reported an error
  backlog_full,      ///< the store is at its bound (`queue.max_backlog_events`, `queue.max_backlog_bytes`)
  restarts_used_up,  ///< an actor failed more often than `restarts` allows
  unknown_batch,     ///< no batch has that id
  queue_taken,       ///< another process owns the queue
  not_a_queue, ///< the file or database is not, or no longer, a queue of this version, or one that was made otherwise
  other_destination, ///< the queue belongs to another URL or write key
  unsupported,       ///< the actor does not know the message, or does not do that with these options
  user_blocked       ///< the event is of a user who was erased, and whose events are kept out for a while
};

/// Returns the name of a code, as in `"missing_field"`.
SLUICE_API std::string_view to_string(errc) noexcept;

/// An error that a person can act on. Never contains a secret.
struct error {
  /// The kind of error.
  errc code{};
  /// The field or option that is wrong, as in `properties.total` or `http.connect`; empty if there is none.
  std::string field{};
  /// What was expected.
  std::string message{};

  friend bool operator==(const error&, const error&) = default;
};

/// Returns `field: message (code)`.
SLUICE_API std::string to_string(const error&);

/// Throws a `std::runtime_error` with the error's text. `result::value` calls it if there is no value.
[[noreturn]] SLUICE_API void throw_exception_from_error(const error&, const boost::source_location&);

/// A value or an error. Nothing else in the library's interface throws.
template <class T>
using result = boost::system::result<T, error>;

} // namespace sluice
