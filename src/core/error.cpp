#include "sluice/error.hpp"

#include <stdexcept>

namespace sluice {

std::string_view to_string(errc code) noexcept {
  switch (code) {
  case errc::missing_field:
    return "missing_field";
  case errc::wrong_kind:
    return "wrong_kind";
  case errc::invalid_utf8:
    return "invalid_utf8";
  case errc::invalid_number:
    return "invalid_number";
  case errc::too_deep:
    return "too_deep";
  case errc::too_large:
    return "too_large";
  case errc::invalid_date:
    return "invalid_date";
  case errc::unknown_type:
    return "unknown_type";
  case errc::invalid_json:
    return "invalid_json";
  case errc::buffer_full:
    return "buffer_full";
  case errc::closed:
    return "closed";
  case errc::pending:
    return "pending";
  case errc::invalid_option:
    return "invalid_option";
  case errc::store_failed:
    return "store_failed";
  case errc::backlog_full:
    return "backlog_full";
  case errc::restarts_used_up:
    return "restarts_used_up";
  case errc::unknown_batch:
    return "unknown_batch";
  case errc::queue_taken:
    return "queue_taken";
  case errc::not_a_queue:
    return "not_a_queue";
  case errc::other_destination:
    return "other_destination";
  case errc::unsupported:
    return "unsupported";
  case errc::user_blocked:
    return "user_blocked";
  }
  return "unknown";
}

std::string to_string(const error& e) {
  std::string text = e.field;
  if (!text.empty() && !e.message.empty())
    text += ": ";
  text += e.message;
  return text + " (" + std::string{to_string(e.code)} + ")";
}

void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw std::runtime_error(to_string(e));
}

} // namespace sluice
