#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>

#include "net/connection.hpp"

namespace sluice {

/// The connections that wait for another request. One is closed when the server ends it or sends anything, and after a
/// while. Used on the I/O thread.
class idle_connections {
public:
  idle_connections(boost::asio::io_context&, std::size_t max_size, std::chrono::milliseconds max_time);
  ~idle_connections() { clear(); }
  idle_connections(const idle_connections&) = delete;
  idle_connections& operator=(const idle_connections&) = delete;

  /// Returns the connection that was used last, or null.
  std::shared_ptr<connection> take();
  /// Keeps a connection whose last answer has been read to its end, or closes it.
  void give(std::shared_ptr<connection>);
  void clear();

private:
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;
  struct entry {
    std::shared_ptr<connection> idle;
    std::chrono::steady_clock::time_point until;
  };

  void drop(const connection*);
  void wait();

  const std::size_t max_size_;
  const std::chrono::milliseconds max_time_;
  std::list<entry> entries_; // the oldest first
  timer next_;
};

} // namespace sluice
