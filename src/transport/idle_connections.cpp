#include "transport/idle_connections.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

idle_connections::idle_connections(boost::asio::io_context& io, std::size_t max_size,
                                   std::chrono::milliseconds max_time)
    : max_size_{max_size}, max_time_{max_time}, next_{io} {}

std::shared_ptr<connection> idle_connections::take() {
  while (!entries_.empty()) {
    auto c = std::move(entries_.back().idle);
    entries_.pop_back();
    c->listen(nullptr);
    if (c->is_quiet())
      return c;
    c->close();
  }
  return nullptr;
}

void idle_connections::give(std::shared_ptr<connection> c) {
  c->rest();
  if (entries_.size() >= max_size_ || !c->is_quiet())
    return c->close();
  c->listen([this, which = c.get()](auto) { drop(which); });
  entries_.push_back({std::move(c), std::chrono::steady_clock::now() + max_time_});
  if (entries_.size() == 1)
    wait();
}

void idle_connections::clear() {
  for (const auto& e : entries_)
    e.idle->close();
  entries_.clear();
  next_.cancel();
}

void idle_connections::drop(const connection* which) {
  const auto e = std::find_if(entries_.begin(), entries_.end(), [=](const auto& i) { return i.idle.get() == which; });
  if (e == entries_.end())
    return;
  e->idle->close();
  entries_.erase(e);
}

void idle_connections::wait() {
  next_.expires_at(entries_.front().until);
  next_.async_wait([this](boost::system::error_code why) {
    if (why) // cancelled: at the end, or because a later wait has begun
      return;
    while (!entries_.empty() && entries_.front().until <= std::chrono::steady_clock::now())
      drop(entries_.front().idle.get());
    if (!entries_.empty())
      wait();
  });
}

} // namespace sluice
