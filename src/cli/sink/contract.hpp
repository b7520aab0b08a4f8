#pragma once

#include <string>
#include <vector>

#include "server/service.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Checks a request against the contract (docs/wire-format.md). Returns the message ids of its events, or the part that
/// breaks the contract; `too_large` if the body has more than 4 MiB. Pure.
result<std::vector<std::string>> check_contract(const request_head&, std::string body);

} // namespace sluice
