#include "cli/deliver/service_notice.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice {

namespace {

// Where the sockets that are passed begin, by convention.
constexpr int first_passed = 3;

std::optional<long long> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  long long n = 0;
  if (!text)
    return std::nullopt;
  const auto* end = text + std::strlen(text);
  const auto [rest, why] = std::from_chars(text, end, n);
  return why == std::errc{} && rest == end ? std::optional{n} : std::nullopt;
}

bool is_for_this_process(const char* variable) {
  const auto pid = number_in(variable);
  return pid && *pid == ::getpid();
}

} // namespace

service_notice::service_notice() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  socket_ = socket ? socket : "";
  const auto period = number_in("WATCHDOG_USEC");
  if (period && *period > 0 && (!std::getenv("WATCHDOG_PID") || is_for_this_process("WATCHDOG_PID")))
    watchdog_ = std::chrono::milliseconds{*period / 1'000 / 2}; // twice as often as the manager gives up
}

void service_notice::send(std::string_view state) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path)
    return;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') // an abstract name
    to.sun_path[0] = '\0';
  const int from = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // A manager that does not hear is no reason to stop.
  [[maybe_unused]] const auto sent =
      ::sendto(from, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
  ::close(from);
}

void service_notice::show_life(std::chrono::steady_clock::time_point now, const std::function<bool()>& is_alive) {
  if (!watchdog_ || now < next_sign_ || !is_alive())
    return;
  next_sign_ = now + *watchdog_;
  send("WATCHDOG=1");
}

int passed_socket() {
  const auto count = number_in("LISTEN_FDS");
  return is_for_this_process("LISTEN_PID") && count && *count > 0 ? first_passed : -1;
}

} // namespace sluice
