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

/// Returns the incarnation in a batch id; empty if it has none.
inline std::string_view incarnation_in(std::string_view id) {
  const auto hyphen = id.find('-');
  return hyphen == std::string_view::npos ? std::string_view{} : id.substr(0, hyphen);
}

/// Returns the id of the batch that splits have made this one of; its own if there was none.
inline std::string_view root_of(std::string_view id) {
  return id.substr(0, id.find('.'));
}

/// Returns the id of what takes the place of a batch whose events were edited: `<id>.e1`, and `.e2` instead of `.e1` if
/// that was edited itself. Its partition and its root are those of `id`. It may be too long for an id.
inline std::string edited_batch_id(std::string_view id) {
  constexpr std::string_view mark = ".e";
  const auto at = id.rfind(mark);
  std::uint32_t times = 0;
  if (at != std::string_view::npos) {
    const auto* end = id.data() + id.size();
    const auto [rest, why] = std::from_chars(id.data() + at + mark.size(), end, times);
    if (why == std::errc{} && rest == end)
      return std::string{id.substr(0, at)}.append(mark) + std::to_string(std::uint64_t{times} + 1);
  }
  return std::string{id}.append(mark) + "1";
}

/// Returns whether text from outside is a valid batch id: 1 to 128 characters of `[A-Za-z0-9.-]`.
inline bool is_batch_id(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace sluice
