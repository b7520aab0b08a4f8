#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// The bounds of a decompressed body.
struct plain_body_limits {
  std::size_t max_bytes = 0;
  /// The most bytes that one compressed byte may become; a body of up to `exempt` bytes may be of any ratio.
  std::size_t max_ratio = 0;
  static constexpr std::size_t exempt = std::size_t{64} * 1024;
};

/// Returns the body of a request without its `Content-Encoding`, which is `gzip`, `identity` or empty. Nothing is
/// decompressed beyond the bounds. Errors: `too_large`; `unsupported` for another encoding; `invalid_json` for what is
/// not valid gzip.
result<std::string> plain_body(std::string body, std::string_view encoding, const plain_body_limits&);

} // namespace sluice
