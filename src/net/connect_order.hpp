#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace sluice {

/// What the turn of an address depends on.
struct address_traits {
  bool is_v6 = false;
  /// The last connection was made to it.
  bool worked_last = false;
};

/// Returns the order in which the addresses of a host are tried, as indices: the one that worked last, then the address
/// families in turn, beginning with the other family, or with that of the first address if none worked. Within a family
/// the resolver's order is kept (RFC 8305, section 4).
std::vector<std::size_t> connect_order(const std::vector<address_traits>&);

/// How long the attempt at one address may take before the next one is tried as well; after a failure it is tried at
/// once (RFC 8305, section 5).
inline constexpr std::chrono::milliseconds connect_stagger{250};

} // namespace sluice
