#include "support/fault_proxy.hpp"

#include <cerrno>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace sluice::test {

namespace {

constexpr std::size_t chunk = 65'536;
// More than this is left where it comes from.
constexpr std::size_t most_pending = 1'048'576;

/// Owns a file descriptor, or none.
class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_{fd} {}
  ~descriptor() { reset(); }
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

private:
  int fd_;
};

descriptor tcp_socket() {
  return descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

void send_at_once(const descriptor& socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Whether it comes about shows when it is used.
descriptor begin_connect(std::uint16_t port) {
  auto socket = tcp_socket();
  const auto address = loopback(port);
  ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  send_at_once(socket);
  return socket;
}

enum class received : std::uint8_t { nothing, bytes, end };

received receive(const descriptor& from, std::string& bytes) {
  bytes.resize(chunk);
  const auto n = ::recv(from.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  if (n > 0)
    return received::bytes;
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? received::nothing : received::end;
}

// Sends what can be sent now; false if the peer takes no more.
bool send_pending(const descriptor& to, std::string& pending) {
  while (!pending.empty()) {
    const auto n = ::send(to.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    pending.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

std::string no_resp() {
  static thread_local std::mt19937 random{std::random_device{}()};
  std::string bytes = "\x01\x02garbage\r\n";
  for (int i = 0; i < 16; ++i)
    bytes.push_back(static_cast<char>(random() & 0xff));
  return bytes;
}

/// What is to go wrong, and how often something did.
struct plan {
  int cut_after_request = 0;
  int cut_before_request = 0;
  int garbage = 0;
  std::optional<std::size_t> cut_in_reply{};
  bool stall = false;
  bool half_open = false;
  bool refuse = false;
  std::size_t faults = 0;
};

bool take_one(int& left) {
  return left > 0 && left-- > 0;
}

/// A client's connection and the one to the target that belongs to it.
class link {
public:
  link(descriptor client, descriptor target) : client_{std::move(client)}, target_{std::move(target)} {}

  /// Moves whatever can be moved now. An answer that is here already belongs to an earlier request than bytes that are.
  void serve(plan& p) {
    if (p.refuse && client_) {
      ++p.faults;
      drop_client();
    }
    hear_target(p);
    hear_client(p);
    speak_to_target();
    speak_to_client(p);
  }

  void go_silent(plan& p) {
    if (!std::exchange(silent_, true))
      ++p.faults;
    to_client_.clear();
  }

  bool over() const { return !client_ && !target_; }

  /// What has to happen for `serve` to have something to do.
  void wait_for(std::vector<pollfd>& events, const plan& p) const {
    add(events, client_, hears_client(), !to_client_.empty() && !p.stall);
    add(events, target_, hears_target(), !to_target_.empty());
  }

private:
  enum class answer : std::uint8_t { due, passed, replaced };

  bool hears_client() const { return client_ && !client_ended_ && to_target_.size() < most_pending; }
  bool hears_target() const { return target_ && to_client_.size() < most_pending; }

  // Left out if it waits for nothing, because a hang-up is reported even then, over and over.
  static void add(std::vector<pollfd>& events, const descriptor& d, bool in, bool out) {
    const int wanted = (in ? POLLIN : 0) | (out ? POLLOUT : 0);
    if (d && wanted != 0)
      events.push_back({.fd = d.get(), .events = static_cast<short>(wanted), .revents = 0});
  }

  // The target still gets, and does, all that it was sent: its connection ends when it has.
  void drop_client() {
    client_.reset();
    to_client_.clear();
  }

  void hear_client(plan& p) {
    std::string bytes;
    const auto what = hears_client() ? receive(client_, bytes) : received::nothing;
    if (what == received::nothing)
      return;
    if (p.half_open)
      go_silent(p);
    if (what == received::end) {
      client_ended_ = true;
      if (silent_)
        drop_client();
    } else if (silent_) {
      return;
    } else if (take_one(p.cut_before_request)) {
      ++p.faults;
      drop_client();
    } else {
      // A request may come in several parts.
      cut_answer_ = cut_answer_ || take_one(p.cut_after_request);
      answer_ = answer::due;
      to_target_ += bytes;
    }
  }

  void hear_target(plan& p) {
    std::string bytes;
    const auto what = hears_target() ? receive(target_, bytes) : received::nothing;
    if (what == received::nothing)
      return;
    if (p.half_open && client_)
      go_silent(p);
    if (what == received::end) {
      target_.reset();
    } else if (!client_ || silent_ || last_) {
      return;
    } else if (cut_answer_) {
      ++p.faults;
      drop_client();
    } else {
      pass_answer(p, std::move(bytes));
    }
  }

  void pass_answer(plan& p, std::string bytes) {
    if (answer_ == answer::due)
      begin_answer(p);
    if (answer_ == answer::replaced)
      return;
    if (left_ && bytes.size() >= *left_) {
      ++p.faults;
      last_ = true;
      bytes.resize(*left_);
    }
    if (left_)
      *left_ -= bytes.size();
    to_client_ += bytes;
  }

  void begin_answer(plan& p) {
    answer_ = answer::passed;
    if (take_one(p.garbage)) {
      ++p.faults;
      answer_ = answer::replaced;
      to_client_ += no_resp();
    } else if (p.cut_in_reply) {
      left_ = std::exchange(p.cut_in_reply, std::nullopt);
    }
  }

  void speak_to_target() {
    if (!target_)
      return;
    if (!send_pending(target_, to_target_))
      to_target_.clear(); // Its end comes with the next read.
    const bool no_more = !client_ || client_ended_;
    if (no_more && to_target_.empty() && !std::exchange(told_end_, true))
      ::shutdown(target_.get(), SHUT_WR);
  }

  void speak_to_client(plan& p) {
    if (!client_ || silent_)
      return;
    if (p.stall) {
      if (!to_client_.empty() && !std::exchange(held_, true))
        ++p.faults;
      return;
    }
    held_ = false;
    const bool takes = send_pending(client_, to_client_);
    if (!takes || (to_client_.empty() && (last_ || !target_)))
      drop_client();
  }

  descriptor client_;
  descriptor target_;
  std::string to_client_;
  std::string to_target_;
  answer answer_ = answer::due;
  std::optional<std::size_t> left_; // of the answers, then the client is cut off
  bool last_ = false;               // nothing more goes to the client
  bool cut_answer_ = false;
  bool silent_ = false;
  bool held_ = false;
  bool client_ended_ = false;
  bool told_end_ = false;
};

} // namespace

/// One thread moves all bytes; it holds the lock but for when it waits.
class fault_proxy::impl {
public:
  explicit impl(std::uint16_t target_port) : target_port_{target_port} {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), SOMAXCONN) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 || !wake_)
      throw std::runtime_error("a proxy on 127.0.0.1");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
  }

  ~impl() {
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

  template <class Change>
  void set(Change change) {
    {
      std::lock_guard guard{mutex_};
      change(plan_);
    }
    ::eventfd_write(wake_.get(), 1);
  }

  std::size_t connections() const {
    std::lock_guard guard{mutex_};
    return connections_;
  }

  std::size_t faults() const {
    std::lock_guard guard{mutex_};
    return plan_.faults;
  }

private:
  void run() {
    std::vector<pollfd> events;
    while (serve(events)) {
      ::poll(events.data(), events.size(), -1);
      eventfd_t ignored = 0;
      ::eventfd_read(wake_.get(), &ignored);
    }
  }

  bool serve(std::vector<pollfd>& events) {
    std::lock_guard guard{mutex_};
    accept();
    for (auto& l : links_)
      l.serve(plan_);
    links_.remove_if([](const link& l) { return l.over(); });
    events = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
              {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    for (const auto& l : links_)
      l.wait_for(events, plan_);
    return !stopping_;
  }

  void accept() {
    for (;;) {
      descriptor client{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (!client)
        return;
      ++connections_;
      send_at_once(client);
      if (plan_.refuse)
        ++plan_.faults;
      else if (plan_.half_open)
        links_.emplace_back(std::move(client), descriptor{}).go_silent(plan_);
      else
        links_.emplace_back(std::move(client), begin_connect(target_port_));
    }
  }

  const std::uint16_t target_port_;
  std::uint16_t port_ = 0;
  const descriptor listener_ = tcp_socket();
  const descriptor wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  mutable std::mutex mutex_;
  bool stopping_ = false;
  plan plan_;
  std::list<link> links_;
  std::size_t connections_ = 0;
  std::thread thread_;
};

fault_proxy::fault_proxy(std::uint16_t target_port) : impl_{std::make_unique<impl>(target_port)} {}

fault_proxy::~fault_proxy() = default;

std::uint16_t fault_proxy::port() const {
  return impl_->port();
}

void fault_proxy::cut_after_request(int n) {
  impl_->set([n](plan& p) { p.cut_after_request = n; });
}

void fault_proxy::cut_before_request(int n) {
  impl_->set([n](plan& p) { p.cut_before_request = n; });
}

void fault_proxy::stall(bool on) {
  impl_->set([on](plan& p) { p.stall = on; });
}

void fault_proxy::half_open(bool on) {
  impl_->set([on](plan& p) { p.half_open = on; });
}

void fault_proxy::garbage(int n) {
  impl_->set([n](plan& p) { p.garbage = n; });
}

void fault_proxy::cut_in_reply(std::size_t bytes) {
  impl_->set([bytes](plan& p) { p.cut_in_reply = bytes; });
}

void fault_proxy::refuse(bool on) {
  impl_->set([on](plan& p) { p.refuse = on; });
}

std::size_t fault_proxy::connections() const {
  return impl_->connections();
}

std::size_t fault_proxy::faults() const {
  return impl_->faults();
}

} // namespace sluice::test
