#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Returns the bytes that the fuzzer made, as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What no message contains by itself.
inline constexpr std::string_view password = "pw8zq7x";

/// Returns a URL with the end of a password in it, if it has a place for one.
inline std::string with_password(std::string url) {
  const auto at = url.find('@');
  return at == url.npos ? url : url.insert(at, password);
}

/// Takes the first line off the text, and its newline.
inline std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Returns whether a host stands in a URL as a whole; true if the URL has escapes.
inline bool is_host_in(std::string_view url, std::string_view host) {
  bool found = url.find('%') != url.npos;
  for (auto at = url.find(host); at != url.npos; at = url.find(host, at + 1)) {
    const auto behind = url.substr(at + host.size(), 1);
    found = found || behind.find_first_not_of(":/?#],") == behind.npos;
  }
  return found;
}

/// Returns whether no byte of the text is a control, a space or outside ASCII.
inline bool is_visible(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c > 0x7e)
      return false;
  return true;
}
