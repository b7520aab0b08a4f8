#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Returns `<incarnation>-<sequence>`: unique, because an incarnation is a UUID. The halves of a split append `.0` and
/// `.1`.
inline std::string batch_id(std::string_view incarnation, std::uint64_t sequence) {
  return std::string{incarnation} + "-" + std::to_string(sequence);
}

/// Returns the sequence number in a batch id, or nothing if the batch is of another incarnation.
inline std::optional<std::uint64_t> sequence_in(std::string_view id, std::string_view incarnation) {
  if (id.substr(0, incarnation.size()) != incarnation || id.substr(incarnation.size(), 1) != "-")
    return std::nullopt;
  std::uint64_t sequence = 0;
  const auto* begin = id.data() + incarnation.size() + 1;
  if (std::from_chars(begin, id.data() + id.size(), sequence).ec != std::errc{})
    return std::nullopt;
  return sequence;
}

/// Returns whether text from outside is a valid batch id: 1 to 128 characters of `[A-Za-z0-9.-]`.
inline bool is_batch_id(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace sluice
