#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "support/process.hpp"

namespace sluice::test {

/// The program that is Redis here: redis-server, or what the environment's `SLUICE_REDIS_SERVER` names.
std::string redis_program();

/// A port of 127.0.0.1 that nobody listens on.
std::uint16_t free_port();

/// One command to whatever speaks Redis's protocol on a port of 127.0.0.1, without TLS; else as
/// `redis_server::command`.
std::string redis_command(std::uint16_t port, const std::vector<std::string>& words);

/// A real Redis on a free port of 127.0.0.1, with its data, log and Unix socket in a temporary folder. Nothing is
/// written to disk unless the arguments say so. Ended when it goes out of scope. A server that cannot be started is an
/// error with its log, never a reason to skip a test.
class redis_server {
public:
  /// `extra_arguments`: `{"--appendonly", "yes", …}`, after its own, so they win. With `--tls-cert-file` its port
  /// speaks TLS.
  explicit redis_server(std::vector<std::string> extra_arguments = {});
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// The path of its Unix socket.
  std::string socket() const { return folder_.path() + "/redis.sock"; }
  /// `redis://127.0.0.1:PORT/DB`; never with a password, nor of a port that speaks TLS.
  std::string url(int db = 0) const;
  std::string folder() const { return folder_.path(); }

  /// Stops its execution; its connections stay open and new ones still come about. Comes back when it has stopped.
  void pause();
  void resume();
  /// Ends it at once, as a crash would, whether it is paused or not.
  void kill();
  /// Ends it in an orderly way, whether it is paused or not; throws if it has not ended after 20 s.
  void stop();
  /// Starts it again: the same arguments, port and folder. Comes back when it answers.
  void start();
  /// Whether the process exists, paused or not.
  bool running() const;

  /// One command, on a connection of its own, as text: an array is its elements, nested or not, one a line; nil is
  /// `(nil)`; an error is `-ERR …`. Gives the password of `--requirepass`. Throws if there is no reply within 5 s.
  std::string command(const std::vector<std::string>& words, int db = 0) const;
  /// Every key of database 0, sorted.
  std::vector<std::string> keys() const;

private:
  bool launch();
  bool answers() const;
  bool ended_within_deadline() const;
  void reap();

  temporary_folder folder_;
  std::vector<std::string> extra_arguments_;
  std::string password_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

} // namespace sluice::test
