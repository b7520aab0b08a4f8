#include "net/resolver.hpp"

#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <netdb.h>

namespace sluice {

resolver::addresses ask_system(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  resolver::addresses found;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0)
    return found;
  for (const addrinfo* a = list; a; a = a->ai_next) {
    boost::asio::ip::tcp::endpoint e;
    if (a->ai_addrlen > e.capacity())
      continue;
    std::memcpy(e.data(), a->ai_addr, a->ai_addrlen);
    e.resize(a->ai_addrlen);
    found.push_back(e);
  }
  ::freeaddrinfo(list);
  return found;
}

struct resolver::shared {
  std::mutex mutex;
  boost::asio::io_context* io;
  look_up ask;
  std::string host;
  std::string port;
  std::vector<handler> waiting;
};

resolver::resolver(boost::asio::io_context& io, look_up ask, std::string host, std::string port)
    : shared_{std::make_shared<shared>()} {
  shared_->io = &io;
  shared_->ask = std::move(ask);
  shared_->host = std::move(host);
  shared_->port = std::move(port);
}

resolver::~resolver() {
  std::lock_guard guard{shared_->mutex};
  shared_->io = nullptr;
  shared_->waiting.clear();
}

void resolver::resolve(handler done) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(shared_->host, no_address);
  if (!no_address) {
    const auto port = static_cast<std::uint16_t>(std::stoi(shared_->port));
    return boost::asio::post(*shared_->io, [done, address, port] { done({{address, port}}); });
  }
  std::lock_guard guard{shared_->mutex};
  shared_->waiting.push_back(std::move(done));
  if (shared_->waiting.size() > 1)
    return;
  const auto run = [state = shared_] {
    const auto found = state->ask(state->host, state->port);
    std::lock_guard lock{state->mutex};
    if (!state->io)
      return;
    boost::asio::post(*state->io, [waiting = std::exchange(state->waiting, {}), found] {
      for (const auto& w : waiting)
        w(found);
    });
  };
  try {
    std::thread{run}.detach();
  } catch (const std::system_error&) { // no thread can be started: reported like an unknown host
    boost::asio::post(*shared_->io, [waiting = std::exchange(shared_->waiting, {})] {
      for (const auto& w : waiting)
        w({});
    });
  }
}

} // namespace sluice
