#pragma once

#include <string_view>

namespace sluice {

/// Returns whether a `NO_PROXY` list names a destination. Its entries are separated by commas and spaces: a host name,
/// with or without `.` or `*.` before it, stands for itself and for the names below it, in upper or lower case; an
/// address or a block of them (`10.0.0.0/8`, `2001:db8::/32`) for itself; `*` for everything. An entry that ends in
/// `:PORT` stands for that port only. An IPv6 address may be in brackets, and is if a port follows.
bool is_exempt(std::string_view host, std::string_view port, std::string_view no_proxy);

} // namespace sluice
