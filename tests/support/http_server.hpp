#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/certificates.hpp"

namespace sluice::test {

/// A request as it arrived.
struct http_request {
  std::string method{};
  std::string target{};
  /// By name in lower case.
  std::map<std::string, std::string> headers{};
  std::string body{};
  /// Which of the server's connections it came on, from 0.
  std::size_t connection = 0;
};

/// What a server does about it.
struct http_reply {
  int status = 200;
  std::string body{};
  std::map<std::string, std::string> headers{};
  /// Sent instead of all that, as it is; then the connection is closed.
  std::string raw{};
  /// Sent after `raw`, again and again, so far apart, until nobody takes it any more.
  std::string forever{};
  std::chrono::milliseconds every{0};
  /// Sent behind the reply, in the same segment, but over TLS in a record of its own. Behind CONNECT it precedes the
  /// tunnel.
  std::string stray{};
  /// Resets the connection instead of all that.
  bool reset = false;
  /// Closes the connection after (or instead of, if there is no status) the reply.
  bool close = false;
  /// Says nothing until the server ends.
  bool hang = false;
  /// Says nothing until this returns true, if it is set. It is called after each request, by one thread at a time.
  std::function<bool()> when{};
};

/// A real HTTP/1.1 server on 127.0.0.1, a thread for each connection; with an identity it speaks TLS. As a proxy, it
/// answers CONNECT with a tunnel. It shares nothing with the code under test but Beast's parser.
class http_server {
public:
  using handler = std::function<http_reply(const http_request&)>;

  /// The handler is called by one thread at a time.
  explicit http_server(
      handler answer = [](const http_request&) { return http_reply{}; }, const identity_files* identity = nullptr);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  std::uint16_t port() const;
  /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
  std::string url() const;
  std::vector<http_request> requests() const;
  std::size_t connections() const;
  /// How many replies it has begun to send.
  std::size_t replies() const;
  /// From now on it replies when it has the header of a request, and leaves the body unread. Then it closes the
  /// connection if the reply says so, which resets it, and else keeps it open.
  void reply_early(const http_reply&);
  /// Sends bytes to every client of a plain server, unasked.
  void send_stray(const std::string& bytes);
  /// How many connections are open, both ends of a tunnel among them.
  std::size_t open_connections() const;
  /// Closes every connection that is open.
  void drop_connections();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace sluice::test
