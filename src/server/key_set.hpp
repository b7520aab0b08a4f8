#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// Secrets that a request may show. What a comparison takes says nothing about them: digests are compared, all of them,
/// in constant time. The secrets themselves are not kept.
class key_set {
public:
  explicit key_set(const std::vector<std::string>& keys);

  bool empty() const noexcept { return digests_.empty(); }
  bool has(std::string_view key) const;
  /// Checks an `Authorization` header: Basic with a key as the user name, whatever the password is.
  bool allows_basic(std::string_view authorization) const;
  /// Checks an `Authorization` header: Bearer with a key.
  bool allows_bearer(std::string_view authorization) const;

private:
  using digest = std::array<unsigned char, 32>;
  static digest digest_of(std::string_view key);

  std::vector<digest> digests_;
};

/// Returns `NAME:PASSWORD` of an `Authorization` header that is Basic.
std::optional<std::string> basic_credentials(std::string_view authorization);

/// Reads the keys of a file, one a line. The error has the field `intake_key_file`, and never a key.
result<std::vector<std::string>> read_key_file(const std::string& file);

/// Reads the token in the first line of a file. The error has the field `admin_token_file`, and never the token.
result<std::string> read_token_file(const std::string& file);

} // namespace sluice
