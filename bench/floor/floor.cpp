#include "floor/floor.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>

#include <libdeflate.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor/store.hpp"
#include "sluice/version.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

// Writes the same bytes as the library, with the fields of the event fixed in the code.
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

// One kept-alive connection to the server.
class poster {
public:
  explicit poster(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("the floor cannot connect");
  }
  ~poster() { ::close(socket_); }
  poster(const poster&) = delete;
  poster& operator=(const poster&) = delete;

  void post(const std::string& id, std::string& body, bool gzip) {
    std::string head = "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: sluice/" SLUICE_VERSION_STRING
                       "\r\nContent-Type: application/json\r\n";
    head += gzip ? "Content-Encoding: gzip\r\n" : "";
    head += "Authorization: Basic YmVuY2g6\r\nIdempotency-Key: " + id +
            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    std::array<iovec, 2> parts{{{head.data(), head.size()}, {body.data(), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    std::array<char, 256> answer{};
    if (::sendmsg(socket_, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(head.size() + body.size()) ||
        ::recv(socket_, answer.data(), answer.size(), 0) < 12)
      throw std::runtime_error("the floor lost its connection to the server");
  }

private:
  int socket_;
};

std::string compressed(libdeflate_compressor* with, const std::string& body) {
  std::string out(libdeflate_gzip_compress_bound(with, body.size()), '\0');
  out.resize(libdeflate_gzip_compress(with, body.data(), body.size(), out.data(), out.size()));
  return out;
}

} // namespace

double run_floor(workbench& w, const setting& s, std::int64_t events, floor_costs& costs) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor{
      libdeflate_alloc_compressor(1), &libdeflate_free_compressor};
  const auto store = make_floor_store(s.store, w.stores.fresh(s.store), w.stores);
  poster to{w.server.port()};
  event_writer writer;
  std::array<steady_clock::duration, 4> spent{};
  const auto begin = steady_clock::now();
  auto last = begin;
  const auto spend = [&](std::size_t on) {
    const auto now = steady_clock::now();
    spent[on] += now - std::exchange(last, now);
  };
  std::string body;
  std::int64_t written = 0;
  for (std::int64_t number = 1; written < events; ++number) {
    body = R"({"sentAt":")";
    writer.date(body);
    body += R"(","timestamp":")";
    writer.date(body);
    body += R"(","batch":[)";
    for (std::size_t i = 0; i < s.batch; ++i, ++written) {
      body += i == 0 ? "" : ",\n";
      writer.append(body, written);
    }
    body += "]}";
    spend(0);
    if (s.gzip)
      body = compressed(compressor.get(), body);
    spend(1);
    const auto id = "00000000000000000000000000000001-" + std::to_string(number);
    store->put(id, s.batch, body);
    spend(2);
    to.post(id, body, s.gzip);
    spend(3);
  }
  store->finish();
  spend(2);
  const auto each = [&](std::size_t i) {
    return duration<double, std::nano>(spent[i]).count() / static_cast<double>(written);
  };
  costs = {each(0), each(1), each(2), each(3)};
  return static_cast<double>(written) / duration<double>(last - begin).count();
}

} // namespace sluice::bench
