#include "server/key_set.hpp"

#include <algorithm>
#include <fstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <strings.h>

namespace sluice {

namespace {

constexpr std::size_t max_keys = 1'000, max_key = 1'024, min_token = 16, max_name = 64;
// A write key, a colon, a password, as Base64; whoever sends more has none of our keys.
constexpr std::size_t max_credentials = 4'096;

// What stands behind the word of a scheme.
std::optional<std::string_view> credentials(std::string_view header, std::string_view scheme) {
  if (header.size() > max_credentials || header.size() <= scheme.size() || header[scheme.size()] != ' ' ||
      ::strncasecmp(header.data(), scheme.data(), scheme.size()) != 0)
    return std::nullopt;
  header.remove_prefix(scheme.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0)
    return std::nullopt;
  std::string plain(text.size() / 4 * 3, '\0');
  const auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(plain.data()),
                                 reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0)
    return std::nullopt;
  const auto padding = text.ends_with("==") ? 2U : text.ends_with("=") ? 1U : 0U;
  plain.resize(static_cast<std::size_t>(n) - padding);
  return plain;
}

bool is_usable(std::string_view key) {
  return key.size() <= max_key && std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void trim(std::string& line) {
  line.erase(line.find_last_not_of(" \t\r") + 1);
}

// What a file has on its lines.
struct line_format {
  const char* option;
  const char* what;
  const char* expected;
  std::optional<named_key> (*read)(const std::string& line);
};

// Reads the lines of a file that are neither empty nor comments.
result<std::vector<named_key>> read_lines(const std::string& file, const line_format& format) {
  const auto wrong = [&](const std::string& why) {
    return error{errc::invalid_option, format.option, file + ": " + why};
  };
  std::ifstream in{file};
  std::vector<named_key> keys;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    trim(line);
    if (line.empty() || line.starts_with('#'))
      continue;
    auto key = format.read(line);
    if (!key)
      return wrong("line " + std::to_string(number) + " must be " + format.expected);
    if (keys.size() == max_keys)
      return wrong(std::string{"must have at most 1000 "} + format.what + "s");
    keys.push_back(std::move(*key));
  }
  if (keys.empty())
    return wrong(std::string{"cannot be read, or has no "} + format.what);
  return keys;
}

} // namespace

key_set::key_set(const std::vector<named_key>& keys) {
  for (const auto& k : keys)
    keys_.push_back({.of_key = digest_of(k.key), .name = k.name});
}

key_set::digest key_set::digest_of(std::string_view key) {
  digest d{};
  EVP_Digest(key.data(), key.size(), d.data(), nullptr, EVP_sha256(), nullptr);
  return d;
}

const key_set::known_key* key_set::find(std::string_view key) const {
  const auto given = digest_of(key);
  const known_key* found = nullptr;
  for (const auto& k : keys_)
    if (CRYPTO_memcmp(k.of_key.data(), given.data(), given.size()) == 0)
      found = &k;
  return found;
}

bool key_set::has(std::string_view key) const {
  return find(key) != nullptr;
}

bool key_set::allows_basic(std::string_view authorization) const {
  const auto plain = basic_credentials(authorization);
  return plain && plain->find(':') != std::string::npos && has(plain->substr(0, plain->find(':')));
}

std::optional<std::string> key_set::bearer(std::string_view authorization) const {
  const auto given = credentials(authorization, "Bearer");
  const auto* found = given ? find(*given) : nullptr;
  return found ? std::optional{found->name} : std::nullopt;
}

std::optional<std::string> basic_credentials(std::string_view authorization) {
  const auto given = credentials(authorization, "Basic");
  return given ? from_base64(*given) : std::nullopt;
}

result<std::vector<named_key>> read_key_file(const std::string& file) {
  return read_lines(file, {.option = "intake_key_file",
                           .what = "key",
                           .expected = "a key of at most 1024 printable ASCII characters without spaces and colons",
                           .read = [](const std::string& line) -> std::optional<named_key> {
                             if (!is_usable(line) || line.find(':') != std::string::npos)
                               return std::nullopt;
                             return named_key{.key = line};
                           }});
}

result<std::vector<named_key>> read_token_file(const std::string& file) {
  return read_lines(
      file, {.option = "admin_token_file",
             .what = "token",
             .expected = "a token of 16 to 1024 printable ASCII characters without spaces, behind a name of at most 64 "
                         "and a space, if it has a name",
             .read = [](const std::string& line) -> std::optional<named_key> {
               const auto space = line.find(' ');
               named_key token{.key = space == std::string::npos ? line : line.substr(space + 1)};
               if (space != std::string::npos)
                 token.name = line.substr(0, space);
               if (token.key.size() < min_token || !is_usable(token.key) || token.name.size() > max_name ||
                   !is_usable(token.name))
                 return std::nullopt;
               return token;
             }});
}

} // namespace sluice
