#include "support/redis_server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace sluice::test {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto start_deadline = 20s;
constexpr auto reply_deadline = 5s;

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a Unix socket: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// A connection that speaks RESP 2. One deadline holds for all of it.
class connection {
public:
  template <class Address>
  explicit connection(const Address& to)
      : fd_{::socket(reinterpret_cast<const sockaddr&>(to).sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    // Bounds connect too: a paused server's queue of connections may be full.
    const timeval limit{.tv_sec = reply_deadline.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      const int why = errno;
      ::close(fd_);
      throw std::runtime_error(std::string{"connect to redis-server: "} + std::strerror(why));
    }
  }
  ~connection() { ::close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The reply's elements, nested or not.
  std::vector<std::string> ask(const std::vector<std::string>& words) {
    auto request = "*" + std::to_string(words.size()) + "\r\n";
    for (const auto& word : words)
      request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    for (std::size_t sent = 0; sent < request.size();) {
      const auto n = ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0)
        throw std::runtime_error("redis-server takes no command");
      sent += static_cast<std::size_t>(n);
    }
    std::vector<std::string> elements;
    read_reply(elements);
    return elements;
  }

private:
  void read_reply(std::vector<std::string>& elements) {
    const auto end = line_end();
    const char type = received_.at(0);
    auto text = received_.substr(1, end - 1);
    received_.erase(0, end + 2);
    if (type == '+' || type == ':') {
      elements.push_back(std::move(text));
    } else if (type == '-') {
      elements.push_back("-" + text);
    } else if (type != '$' && type != '*') {
      throw std::runtime_error("no RESP: " + (type + text));
    } else if (text == "-1") {
      elements.emplace_back("(nil)");
    } else if (type == '*') {
      for (auto left = std::stoul(text); left > 0; --left)
        read_reply(elements);
    } else {
      const auto size = std::stoul(text);
      while (received_.size() < size + 2)
        read_more();
      elements.push_back(received_.substr(0, size));
      received_.erase(0, size + 2);
    }
  }

  std::size_t line_end() {
    for (;;) {
      if (const auto end = received_.find("\r\n"); end != std::string::npos)
        return end;
      read_more();
    }
  }

  void read_more() {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - steady::now()).count();
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0)
      throw std::runtime_error("no reply from redis-server in time");
    char some[16'384];
    const auto n = ::recv(fd_, some, sizeof some, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n <= 0)
      throw std::runtime_error("redis-server closed the connection");
    received_.append(some, static_cast<std::size_t>(n));
  }

  int fd_;
  steady::time_point deadline_ = steady::now() + reply_deadline;
  std::string received_;
};

std::string as_text(const std::vector<std::string>& elements) {
  std::string text;
  const char* separator = "";
  for (const auto& element : elements)
    text += std::exchange(separator, "\n") + element;
  return text;
}

// An error of AUTH shows in what follows.
void authenticate(connection& c, const std::string& password) {
  if (!password.empty())
    c.ask({"AUTH", password});
}

// Its standard output and error go to `log`: what it says before it opens its own log.
pid_t spawn(std::vector<std::string> command, const std::string& log) {
  std::vector<char*> argv;
  for (auto& word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  ::posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&streams, STDOUT_FILENO, STDERR_FILENO);
  // A connection of the test that the server inherited would never be closed for the test.
  ::posix_spawn_file_actions_addclosefrom_np(&streams, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // The test may have blocked SIGTERM.
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int why = ::posix_spawnp(&pid, argv[0], &streams, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&streams);
  if (why != 0)
    throw std::runtime_error(command[0] + ": " + std::strerror(why));
  return pid;
}

} // namespace

std::string redis_program() {
  const char* path = std::getenv("SLUICE_REDIS_SERVER");
  return path && *path ? path : "redis-server";
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound)
    throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

std::string redis_command(std::uint16_t port, const std::vector<std::string>& words) {
  return as_text(connection{loopback(port)}.ask(words));
}

redis_server::redis_server(std::vector<std::string> extra_arguments) : extra_arguments_{std::move(extra_arguments)} {
  const auto option = std::find(extra_arguments_.begin(), extra_arguments_.end(), "--requirepass");
  if (extra_arguments_.end() - option > 1)
    password_ = option[1];
  // Another process may have taken the port meanwhile, and a cluster's node needs the one that is 10 000 above it, too,
  // which every fifth port does not have.
  for (int attempt = 0; attempt < 10; ++attempt) {
    port_ = free_port();
    if (launch())
      return;
  }
  throw std::runtime_error("redis-server does not start:\n" + read_file(folder_.path() + "/redis.log"));
}

redis_server::~redis_server() {
  kill();
}

std::string redis_server::url(int db) const {
  return "redis://127.0.0.1:" + std::to_string(port_) + "/" + std::to_string(db);
}

void redis_server::pause() {
  if (pid_ <= 0 || ::kill(pid_, SIGSTOP) != 0)
    throw std::runtime_error("no redis-server to pause");
  siginfo_t ignored{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WSTOPPED | WEXITED | WNOWAIT);
}

void redis_server::resume() {
  if (pid_ <= 0 || ::kill(pid_, SIGCONT) != 0)
    throw std::runtime_error("no redis-server to resume");
}

void redis_server::kill() {
  if (pid_ <= 0)
    return;
  // Without SIGCONT: a paused server must not do what has gathered meanwhile.
  ::kill(pid_, SIGKILL);
  reap();
}

void redis_server::stop() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGTERM);
  ::kill(pid_, SIGCONT);
  if (!ended_within_deadline()) {
    kill();
    throw std::runtime_error("redis-server does not stop:\n" + read_file(folder_.path() + "/redis.log"));
  }
  reap();
}

void redis_server::start() {
  if (running())
    throw std::runtime_error("redis-server runs already");
  reap();
  if (!launch())
    throw std::runtime_error("redis-server does not start again:\n" + read_file(folder_.path() + "/redis.log"));
}

bool redis_server::running() const {
  // It may have ended by itself and wait to be reaped.
  siginfo_t end{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         end.si_pid == 0;
}

std::string redis_server::command(const std::vector<std::string>& words, int db) const {
  connection c{unix_address(socket())};
  authenticate(c, password_);
  if (db != 0)
    c.ask({"SELECT", std::to_string(db)});
  return as_text(c.ask(words));
}

std::vector<std::string> redis_server::keys() const {
  connection c{unix_address(socket())};
  authenticate(c, password_);
  std::vector<std::string> all;
  std::string cursor = "0";
  do {
    auto part = c.ask({"SCAN", cursor, "COUNT", "1000"});
    cursor = part.at(0);
    if (cursor.starts_with("-"))
      throw std::runtime_error("SCAN: " + cursor);
    all.insert(all.end(), part.begin() + 1, part.end());
  } while (cursor != "0");
  // SCAN may give a key more than once.
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// False if the process ended instead.
bool redis_server::launch() {
  const auto log = folder_.path() + "/redis.log";
  const bool tls =
      std::find(extra_arguments_.begin(), extra_arguments_.end(), "--tls-cert-file") != extra_arguments_.end();
  std::vector<std::string> command{redis_program(),
                                   "--port",
                                   tls ? "0" : std::to_string(port_),
                                   "--tls-port",
                                   tls ? std::to_string(port_) : "0",
                                   "--bind",
                                   "127.0.0.1",
                                   "--unixsocket",
                                   socket(),
                                   "--dir",
                                   folder_.path(),
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no",
                                   "--daemonize",
                                   "no",
                                   "--logfile",
                                   log};
  command.insert(command.end(), extra_arguments_.begin(), extra_arguments_.end());
  pid_ = spawn(std::move(command), log);
  for (const auto deadline = steady::now() + start_deadline; steady::now() < deadline;) {
    if (!running()) {
      reap();
      return false;
    }
    if (answers())
      return true;
    ::poll(nullptr, 0, 10);
  }
  kill();
  throw std::runtime_error("redis-server does not answer:\n" + read_file(log));
}

// Over the Unix socket, which is certainly this server's; it opens its port before that.
bool redis_server::answers() const {
  try {
    connection c{unix_address(socket())};
    authenticate(c, password_);
    const auto reply = c.ask({"PING"}).at(0);
    return reply == "PONG" || reply.starts_with("-NOAUTH");
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool redis_server::ended_within_deadline() const {
  for (const auto deadline = steady::now() + start_deadline; running() && steady::now() < deadline;)
    ::poll(nullptr, 0, 10);
  return !running();
}

void redis_server::reap() {
  if (pid_ > 0)
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

} // namespace sluice::test
