#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "sluice/export.hpp"

namespace sluice {

/// Why something was refused or failed. Values are part of the wire format between processes: append only.
enum class errc : std::uint8_t {
  missing_field = 1, ///< a required member is absent or empty
  wrong_kind,        ///< a member has the wrong JSON kind
  invalid_utf8,      ///< a string is not valid UTF-8
  invalid_number,    ///< a number that JSON cannot carry (NaN, infinity)
  too_deep,          ///< nested deeper than 64
  too_large,         ///< more bytes than the limit that the message names
  invalid_date,      ///< not a date of a known form
  unknown_type,      ///< `type` is none of the six event types
  invalid_json,      ///< the text is no JSON
  buffer_full,       ///< the buffer holds `max_internal_queue_size` events (or bytes)
  closed,            ///< the system is shutting down or has stopped
  pending,           ///< not committed within `request_deadline`; still held, may yet be stored
  invalid_option,    ///< an option has an invalid value
  store_failed,      ///< the store cannot be reached or refused
  backlog_full,      ///< the store holds as much as it may
  restarts_used_up,  ///< an actor failed more often than `restarts` allows
  unknown_batch,     ///< no batch of that id
  queue_taken,       ///< another process processes the queue
  not_a_queue,       ///< a file or database that is not, or no longer, a queue of this version
  other_destination, ///< the queue belongs to another URL or write key
  unsupported        ///< a message that this actor does not know
};

/// The name of a code, as in `"missing_field"`.
SLUICE_API std::string_view to_string(errc) noexcept;

/// An error that a person can act on. Never holds a secret.
struct error {
  errc code{};
  /// The member or option at fault, as in `properties.total` or `http.connect`; empty if there is none.
  std::string field{};
  /// What was expected.
  std::string message{};

  friend bool operator==(const error&, const error&) = default;
};

/// `field: message (code)`.
SLUICE_API std::string to_string(const error&);

/// What `result::value` does with an error: throws a `std::runtime_error`, for those who ask for it.
[[noreturn]] SLUICE_API void throw_exception_from_error(const error&, const boost::source_location&);

/// A value or an error; nothing in the library's interface throws.
template <class T>
using result = boost::system::result<T, error>;

} // namespace sluice
