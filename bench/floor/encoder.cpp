#include "floor/encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include "floor/gzip.hpp"
#include "sluice/version.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

class event_writer {
public:
  void append(std::string& to, std::int64_t n) {
    to += R"({"messageId":")";
    id(to);
    to +=
        R"(","type":"track","channel":"server","userId":"user-1234","event":"Order Completed","properties":{"total":)";
    number(to, 27.5);
    to += R"(,"n":)";
    number(to, n);
    to += R"(,"sku":"F15"},"context":{"library":{"name":"sluice","version":")" SLUICE_VERSION_STRING
          R"("}},"originalTimestamp":")";
    date(to);
    to += R"("})";
  }

  void date(std::string& to) {
    const auto now = floor<milliseconds>(system_clock::now());
    const auto second = floor<seconds>(now);
    if (second != second_) {
      second_ = second;
      const std::time_t t = system_clock::to_time_t(second);
      std::tm broken{};
      ::gmtime_r(&t, &broken);
      std::strftime(date_.data(), date_.size(), "%Y-%m-%dT%H:%M:%S.000Z", &broken);
    }
    const auto ms = (now - second).count();
    for (int i = 0, part = static_cast<int>(ms); i < 3; ++i, part /= 10)
      date_[static_cast<std::size_t>(22 - i)] = static_cast<char>('0' + part % 10);
    to.append(date_.data(), 24);
  }

private:
  void id(std::string& to) {
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, 36> text{};
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % 16 == 0)
        word = random_ = random_ * 6364136223846793005U + 1442695040888963407U, word ^= word >> 29U;
      text[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digits[word >> 4U * (i % 16) & 15U];
    }
    to.append(text.data(), text.size());
  }

  template <class Number>
  static void number(std::string& to, Number n) {
    std::array<char, 32> text{};
    to.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), n).ptr);
  }

  std::uint64_t random_ = 1;
  sys_seconds second_{};
  std::array<char, 32> date_{};
};

void append_batch(std::string& to, event_writer& writer, std::int64_t first, std::size_t events) {
  to += R"({"sentAt":")";
  writer.date(to);
  to += R"(","timestamp":")";
  writer.date(to);
  to += R"(","batch":[)";
  for (std::size_t i = 0; i < events; ++i) {
    to += i == 0 ? "" : ",\n";
    writer.append(to, first + static_cast<std::int64_t>(i));
  }
  to += "]}";
}

void encode(handover& to, const setting& s, std::int64_t events) {
  event_writer writer;
  floor_gzip gzip;
  std::string text;
  std::int64_t written = 0;
  floor_batch b;
  while (written < events) {
    ++b.number;
    b.id = "00000000000000000000000000000001-" + std::to_string(b.number);
    b.events = std::min(s.batch, static_cast<std::size_t>(events - written));
    text.clear();
    append_batch(text, writer, written, b.events);
    b.body = std::make_shared<const std::string>(s.gzip ? gzip.compress(text) : text);
    written += static_cast<std::int64_t>(b.events);
    if (!to.push(b, written == events))
      return;
  }
}

} // namespace

floor_encoder::floor_encoder(handover& to, const setting& s, std::int64_t events)
    : to_{to}, thread_{[&to, s, events] { encode(to, s, events); }} {}

floor_encoder::~floor_encoder() {
  to_.abandon();
  thread_.join();
}

} // namespace sluice::bench
