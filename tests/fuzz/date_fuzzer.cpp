// Dates: what is read is written, and what is written is read as the same moment.
#include <algorithm>

#include "core/event/date.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto moment = parse_date({reinterpret_cast<const char*>(data), size});
  if (!moment)
    return 0;
  std::string written;
  append_date(written, *moment);
  require(written.size() == date_size, "a date has a fixed size");
  const auto again = parse_date(written);
  require(again.has_value(), "what is written is a date");
  const auto zero = *parse_date("0000-01-01T00:00:00Z"), last = *parse_date("9999-12-31T23:59:59.999Z");
  require(*again == std::clamp(*moment, zero, last), "a date is written as the moment that was read");
  return 0;
}
