#pragma once

#include <memory>
#include <string_view>

#include "core/event/encode.hpp"

namespace sluice {

/// Reads events from JSON text, one after the other. It takes and rejects what `parse_event` does, with the same
/// errors, but builds no tree of an event that is valid: its JSON stays text, with the digits that its numbers were
/// given. For use by one thread.
class event_reader {
public:
  event_reader();
  event_reader(event_reader&&) noexcept;
  event_reader& operator=(event_reader&&) noexcept;
  ~event_reader();

  /// Returns a view of the event, which is valid until the next call, or the error of `parse_event`.
  result<event_view> read(std::string_view json_text, std::size_t max_bytes = 1 << 20);

private:
  class quick_reader;
  std::unique_ptr<quick_reader> quick_;
  /// An event that the quick reader did not take.
  event parsed_;
};

} // namespace sluice
