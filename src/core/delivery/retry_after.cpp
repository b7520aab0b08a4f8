#include "core/delivery/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <time.h>

namespace sluice {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds longest{365 * 24 * 3600};

std::optional<milliseconds> from_seconds(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  long long n = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (why == std::errc::result_out_of_range)
    return longest;
  return std::min<seconds>(seconds{n}, longest);
}

// Seconds since 1970: a date may be later than the clock can tell.
std::optional<seconds> from_date(const std::string& text) {
  // IMF-fixdate, RFC 850, asctime.
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end == text.c_str() + text.size())
      return seconds{::timegm(&parts)};
  }
  return std::nullopt;
}

} // namespace

std::optional<milliseconds> parse_retry_after(std::string_view header, std::chrono::system_clock::time_point now) {
  while (!header.empty() && (header.front() == ' ' || header.front() == '\t'))
    header.remove_prefix(1);
  while (!header.empty() && (header.back() == ' ' || header.back() == '\t'))
    header.remove_suffix(1);
  if (header.empty() || header.size() > 64)
    return std::nullopt;
  if (auto delay = from_seconds(header))
    return delay;
  const auto when = from_date(std::string{header});
  if (!when)
    return std::nullopt;
  const auto since_1970 = std::chrono::floor<milliseconds>(now.time_since_epoch());
  return std::clamp<milliseconds>(*when - since_1970, milliseconds{0}, longest);
}

} // namespace sluice
