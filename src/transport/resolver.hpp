#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace sluice {

/// Looks up host names on detached threads, because a lookup that hangs cannot be cancelled, and must delay neither a
/// deadline nor the destructor. One lookup is under way at a time; later callers wait for its result.
class resolver {
public:
  using addresses = std::vector<boost::asio::ip::tcp::endpoint>;
  using handler = std::function<void(const addresses&)>;

  explicit resolver(boost::asio::io_context& io, std::string host, std::string port);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Calls `done` on the I/O thread, with no addresses if the host was not found. Not called once the resolver is
  /// destroyed.
  void resolve(handler done);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace sluice
