#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// A secret, and whose it is; the name may be empty.
struct named_key {
  std::string key{};
  std::string name{};

  friend bool operator==(const named_key&, const named_key&) = default;
};

/// Secrets that a request may show. What a comparison takes says nothing about them: digests are compared, all of them,
/// in constant time. The secrets themselves are not kept.
class key_set {
public:
  explicit key_set(const std::vector<named_key>& keys);

  bool empty() const noexcept { return keys_.empty(); }
  bool has(std::string_view key) const;
  /// Checks an `Authorization` header: Basic with a key as the user name, whatever the password is.
  bool allows_basic(std::string_view authorization) const;
  /// Checks an `Authorization` header: Bearer with a key. Returns the name of the key; nothing if it is none of ours.
  std::optional<std::string> bearer(std::string_view authorization) const;

private:
  using digest = std::array<unsigned char, 32>;
  struct known_key {
    digest of_key{};
    std::string name{};
  };
  static digest digest_of(std::string_view key);
  const known_key* find(std::string_view key) const;

  std::vector<known_key> keys_;
};

/// Returns `NAME:PASSWORD` of an `Authorization` header that is Basic.
std::optional<std::string> basic_credentials(std::string_view authorization);

/// Reads the keys of a file, one a line, which have no names. The error has the field `intake_key_file`, and never a
/// key.
result<std::vector<named_key>> read_key_file(const std::string& file);

/// Reads the tokens of a file, one a line: a token, or a name, a space and a token. The error has the field
/// `admin_token_file`, and never a token.
result<std::vector<named_key>> read_token_file(const std::string& file);

} // namespace sluice
