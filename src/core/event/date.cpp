#include "core/event/date.hpp"

#include <algorithm>
#include <array>

#include "sluice/event.hpp"

namespace sluice {

namespace {

using namespace std::chrono;

// Reads parts of a date from the front of a text.
struct reader {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  // Returns the value of exactly `n` digits, or -1.
  int digits(std::size_t n) {
    if (rest.size() < n)
      return -1;
    int value = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (rest[i] < '0' || rest[i] > '9')
        return -1;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(n);
    return value;
  }
};

bool within(int value, int low, int high) {
  return value >= low && value <= high;
}

// Reads `.123456789`. Returns milliseconds, or -1.
int fraction(reader& in) {
  if (!in.take('.'))
    return 0;
  int value = 0;
  int count = 0;
  for (int digit; count < 9 && (digit = in.digits(1)) >= 0; ++count)
    if (count < 3)
      value = value * 10 + digit;
  for (int i = count; i < 3; ++i)
    value *= 10;
  return value;
}

std::optional<minutes> offset(reader& in) {
  if (in.rest.empty() || in.take('Z'))
    return minutes{0};
  const bool west = in.rest.front() == '-';
  if (!in.take('+') && !in.take('-'))
    return std::nullopt;
  const int hour = in.digits(2);
  int minute = 0;
  if (!in.rest.empty()) {
    in.take(':');
    minute = in.digits(2);
  }
  if (!within(hour, 0, 23) || !within(minute, 0, 59))
    return std::nullopt;
  const minutes total{hour * 60 + minute};
  return west ? -total : total;
}

void put(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

} // namespace

std::optional<date_time> parse_date(std::string_view text) {
  reader in{text};
  const int y = in.digits(4);
  if (!in.take('-'))
    return std::nullopt;
  const int m = in.digits(2);
  if (!in.take('-'))
    return std::nullopt;
  const int d = in.digits(2);
  if (y < 0 || m < 0 || d < 0 || (!in.take('T') && !in.take(' ')))
    return std::nullopt;
  const year_month_day day{year{y}, month{static_cast<unsigned>(m)}, std::chrono::day{static_cast<unsigned>(d)}};
  const int hour = in.digits(2);
  if (!in.take(':'))
    return std::nullopt;
  const int minute = in.digits(2);
  if (!in.take(':'))
    return std::nullopt;
  const int second = in.digits(2);
  // 60 is a leap second. system_clock has none, so it becomes the next second.
  if (!day.ok() || !within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 60))
    return std::nullopt;
  const int ms = fraction(in);
  const auto east = offset(in);
  if (!east || !in.rest.empty())
    return std::nullopt;
  return sys_days{day} + hours{hour} + minutes{minute} + seconds{second} + milliseconds{ms} - *east;
}

void append_date(std::string& out, date_time t) {
  constexpr sys_days first = year{0} / January / 1, end = year{10'000} / January / 1;
  const auto ms = std::clamp<date_time>(t, first, end - milliseconds{1});
  const auto days = floor<std::chrono::days>(ms);
  const year_month_day date{days};
  const auto rest = static_cast<unsigned>((ms - days).count());
  std::array<char, date_size> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                                   '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  put(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put(text.data() + 5, static_cast<unsigned>(date.month()), 2);
  put(text.data() + 8, static_cast<unsigned>(date.day()), 2);
  put(text.data() + 11, rest / 3'600'000, 2);
  put(text.data() + 14, rest / 60'000 % 60, 2);
  put(text.data() + 17, rest / 1'000 % 60, 2);
  put(text.data() + 20, rest % 1'000, 3);
  out.append(text.data(), text.size());
}

std::string iso8601(system_clock::time_point t) {
  std::string text;
  append_date(text, floor<milliseconds>(t));
  return text;
}

} // namespace sluice
