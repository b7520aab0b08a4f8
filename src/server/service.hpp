#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

/// A request's header. Views are valid during the call that has it.
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

/// Answers one request, once, on any thread. Without an answer the connection waits until its end.
using reply_hook = std::function<void(reply)>;

/// What a server serves. It is called on the server's thread.
class service {
public:
  virtual ~service() = default;

  /// Called when a header has come. Returns the answer if the body need not be read for it.
  virtual std::optional<reply> admit(const request_head&) = 0;
  /// Called with the body, after a header that was admitted.
  virtual void take(const request_head&, std::string body, reply_hook answer) = 0;
};

} // namespace sluice
