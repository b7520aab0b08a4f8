#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace sluice {

/// Looks host names up on detached threads: a lookup that hangs cannot be cancelled, and must hold up neither a
/// deadline nor the end. One at a time is under way; who comes meanwhile waits for the same answer.
class resolver {
public:
  using addresses = std::vector<boost::asio::ip::tcp::endpoint>;
  using handler = std::function<void(const addresses&)>;

  explicit resolver(boost::asio::io_context& io, std::string host, std::string port);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Calls `done` on the I/O thread, with nothing if the host is not found. After the resolver's end it is not called.
  void resolve(handler done);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace sluice
