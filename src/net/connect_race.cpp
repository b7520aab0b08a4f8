#include "net/connect_race.hpp"

#include <utility>

#include "net/connect_order.hpp"

namespace sluice {

resolver::addresses in_connect_order(const resolver::addresses& found,
                                     const std::optional<stream_address>& worked_last) {
  std::vector<address_traits> traits;
  for (const auto& a : found)
    traits.push_back({.is_v6 = a.address().is_v6(), .worked_last = worked_last == stream_address{a}});
  resolver::addresses in_order;
  for (const auto i : connect_order(traits))
    in_order.push_back(found[i]);
  return in_order;
}

connect_race::connect_race(boost::asio::io_context& io, std::vector<stream_address> addresses, handler done)
    : io_{io}, addresses_(std::move(addresses)), done_{std::move(done)}, stagger_{io} {}

void connect_race::start() {
  try_next();
}

void connect_race::try_next() {
  auto c = std::make_shared<connection>(io_);
  under_way_.push_back(c);
  c->socket().async_connect(addresses_[tried_++], [self = shared_from_this(), c](boost::system::error_code why) {
    if (self->done_)
      self->on_connect(c, why);
  });
  if (tried_ == addresses_.size())
    return;
  stagger_.expires_after(connect_stagger);
  stagger_.async_wait([self = shared_from_this()](boost::system::error_code why) {
    if (!why && self->done_)
      self->try_next();
  });
}

void connect_race::on_connect(const std::shared_ptr<connection>& c, boost::system::error_code why) {
  std::erase(under_way_, c);
  if (!why)
    return end(c, why);
  if (tried_ < addresses_.size())
    try_next();
  else if (under_way_.empty())
    end(nullptr, why);
}

void connect_race::cancel() {
  done_ = nullptr;
  stagger_.cancel();
  for (const auto& c : under_way_)
    c->close();
  under_way_.clear();
}

void connect_race::end(std::shared_ptr<connection> c, boost::system::error_code why) {
  const auto done = std::exchange(done_, nullptr);
  cancel();
  done(std::move(c), why);
}

} // namespace sluice
