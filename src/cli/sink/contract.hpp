#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// A request to a `/v1/batch` endpoint, as it arrived. An absent header is empty.
struct sink_request {
  std::string_view method{};
  std::string_view target{};
  std::string_view authorization{};
  std::string_view content_type{};
  std::string_view content_encoding{};
  std::string_view user_agent{};
  std::string_view idempotency_key{};
  std::string_view body{};
  /// Whether the connection can serve another request.
  bool keep_alive = true;
};

/// Checks a request against the contract (docs/wire-format.md). Returns the message ids of its events, or the part that
/// breaks the contract; `too_large` if the body has more than 4 MiB. Pure.
result<std::vector<std::string>> check_contract(const sink_request&);

} // namespace sluice
