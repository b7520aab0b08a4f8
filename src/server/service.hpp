#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

/// A request's header. Views are valid during the call that has it; an absent header is empty.
struct request_head {
  std::string_view method{};
  /// With its query.
  std::string_view target{};
  std::string_view authorization{};
  std::string_view content_type{};
  std::string_view content_encoding{};
  std::string_view host{};
  std::string_view origin{};
  std::string_view sec_fetch_site{};
  std::string_view user_agent{};
  std::string_view idempotency_key{};
  /// Whether the connection can serve another request.
  bool keep_alive = true;
  /// The target without its query.
  std::string_view path() const { return target.substr(0, target.find('?')); }
};

/// The answer to a request.
struct reply {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body{};
  /// Besides `Content-Type`, `Content-Length` and `Connection`.
  std::vector<std::pair<std::string_view, std::string>> headers{};
  /// Whether the connection is closed afterwards.
  bool close = false;
};

/// Takes the answer to one request, once, on any thread.
using reply_hook = std::function<void(reply)>;

/// What follows a part of an answer.
enum class what_follows : std::uint8_t {
  more,         ///< another part
  next_request, ///< nothing: the answer is complete
  close         ///< the end of the connection, complete or not
};

class open_request;

/// Answers one request, from any thread: with a reply, or in parts that the service frames itself, down to the status
/// line. Copies answer the same request. Where the last one goes before the answer is complete, the connection is
/// closed. What comes behind the answer, or behind the end of the connection, is passed over.
class responder {
public:
  explicit responder(std::shared_ptr<open_request> to) : to_{std::move(to)} {}

  void answer(reply) const;
  /// Sends a part behind those before it. Parts come from one thread at a time. Whoever has them wait for a slow client
  /// beyond `max_unsent` bytes loses the connection. Returns false if nobody is there to take the part.
  bool write(std::string part, what_follows) const;
  /// Calls a function on the server's thread after this time, unless the answer is complete or the connection ends
  /// before. One call can wait; another takes its place.
  void call_after(std::chrono::milliseconds, std::function<void()>) const;

  static constexpr std::size_t max_unsent = std::size_t{1} << 20;

private:
  std::shared_ptr<open_request> to_;
};

/// What a server serves. It is called on the server's thread.
class service {
public:
  virtual ~service() = default;

  /// Called when a client has connected to a server with TLS. Returns whether it is served; else the connection is
  /// closed when the client's hello has come.
  virtual bool shakes_hands() { return true; }
  /// Called when a header has come. Returns the answer if the body need not be read for it.
  virtual std::optional<reply> admit(const request_head&) = 0;
  /// Called with the body, after a header that was admitted.
  virtual void take(const request_head&, std::string body, responder) = 0;
};

} // namespace sluice
