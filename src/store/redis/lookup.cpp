#include "store/redis/lookup.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace sluice {

namespace {

// How long to wait before the deadline is asked again.
constexpr std::chrono::milliseconds ask_again{100};

error not_found(const std::string& host, const std::string& why) {
  return {errc::store_failed, "redis.host", "cannot resolve " + host + ": " + why};
}

result<std::vector<std::string>> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); failed != 0)
    return not_found(host, ::gai_strerror(failed));
  std::vector<std::string> found;
  for (const addrinfo* a = list; a; a = a->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
      found.emplace_back(text.data());
  }
  ::freeaddrinfo(list);
  return found;
}

} // namespace

result<std::vector<std::string>>
redis_lookup::find(const std::string& host, const std::function<std::chrono::steady_clock::time_point()>& deadline) {
  if (!under_way_.valid()) {
    std::promise<result<std::vector<std::string>>> promise;
    under_way_ = promise.get_future().share();
    try {
      std::thread{[host, p = std::move(promise)]() mutable { p.set_value(addresses_of(host)); }}.detach();
    } catch (const std::system_error& e) {
      under_way_ = {};
      return not_found(host, e.what());
    }
  }
  using clock = std::chrono::steady_clock;
  while (under_way_.wait_until(std::min(deadline(), clock::now() + ask_again)) != std::future_status::ready)
    if (clock::now() >= deadline())
      return not_found(host, "no answer in time");
  return std::exchange(under_way_, {}).get();
}

} // namespace sluice
