// Retry-After: a delay from nothing to a year, and not longer if it is read later.
#include <chrono>

#include "core/delivery/retry_after.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono;
  const auto header = text_of(data, size);
  constexpr milliseconds year{hours{24 * 365}};
  const auto at_first = parse_retry_after(header, system_clock::time_point::min());
  auto before = at_first.value_or(year);
  for (const auto now :
       {system_clock::time_point{}, system_clock::time_point{hours{480'000}}, system_clock::time_point::max()}) {
    const auto delay = parse_retry_after(header, now);
    require(delay.has_value() == at_first.has_value(), "the clock makes no header valid");
    if (!delay)
      continue;
    require(*delay >= milliseconds{0} && *delay <= year, "a delay is from nothing to a year");
    require(*delay <= before, "a delay is not longer later");
    require(header.find('\0') == header.npos, "a header with a NUL makes no sense");
    before = *delay;
  }
  return 0;
}
