#include "net/connect_order.hpp"

#include <array>
#include <deque>

namespace sluice {

std::vector<std::size_t> connect_order(const std::vector<address_traits>& addresses) {
  std::vector<std::size_t> order;
  std::array<std::deque<std::size_t>, 2> families; // IPv4, IPv6
  bool v6_next = !addresses.empty() && addresses.front().is_v6;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    if (addresses[i].worked_last && order.empty()) {
      order.push_back(i);
      v6_next = !addresses[i].is_v6;
    } else {
      families[addresses[i].is_v6 ? 1 : 0].push_back(i);
    }
  while (order.size() < addresses.size()) {
    const bool v6 = families[v6_next ? 1 : 0].empty() ? !v6_next : v6_next;
    auto& family = families[v6 ? 1 : 0];
    order.push_back(family.front());
    family.pop_front();
    v6_next = !v6;
  }
  return order;
}

} // namespace sluice
