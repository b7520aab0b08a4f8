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
  /// Returns the addresses of a host and a port; none if it has none. Called on any thread.
  using look_up = std::function<addresses(const std::string& host, const std::string& port)>;

  resolver(boost::asio::io_context&, look_up, std::string host, std::string port);
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

/// Asks the system's resolver.
resolver::addresses ask_system(const std::string& host, const std::string& port);

} // namespace sluice
