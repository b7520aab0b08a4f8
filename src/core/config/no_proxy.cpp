#include "core/config/no_proxy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>

#include <arpa/inet.h>

namespace sluice {

namespace {

struct ip_address {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0; // 32 or 128
};

std::optional<ip_address> read_ip(std::string_view text) {
  const std::string terminated{text};
  ip_address a;
  if (::inet_pton(AF_INET, terminated.c_str(), a.bytes.data()) == 1)
    a.bits = 32;
  else if (::inet_pton(AF_INET6, terminated.c_str(), a.bytes.data()) == 1)
    a.bits = 128;
  else
    return std::nullopt;
  return a;
}

// Whether an address is another one, or in a block as in 10.0.0.0/8.
bool is_in_block(const ip_address& a, std::string_view block) {
  const auto slash = block.find('/');
  const auto base = read_ip(block.substr(0, slash));
  if (!base || base->bits != a.bits)
    return false;
  unsigned prefix = base->bits;
  if (slash != std::string_view::npos) {
    const auto* end = block.data() + block.size();
    const auto [rest, why] = std::from_chars(block.data() + slash + 1, end, prefix);
    if (why != std::errc{} || rest != end || prefix > base->bits)
      return false;
  }
  for (unsigned bit = 0; bit < prefix; ++bit)
    if (((a.bytes[bit / 8] ^ base->bytes[bit / 8]) & (0x80U >> (bit % 8))) != 0)
      return false;
  return true;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_final_dot(std::string_view name) {
  return name.substr(0, name.size() - (!name.empty() && name.back() == '.' ? 1 : 0));
}

bool is_or_is_below(std::string_view host, std::string_view name) {
  name.remove_prefix(name.substr(0, 2) == "*." ? 2 : name.substr(0, 1) == "." ? 1 : 0);
  name = without_final_dot(name);
  if (name.empty() || host.size() < name.size() || host.substr(host.size() - name.size()) != name)
    return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

// Takes `:PORT` off an entry; nothing if there is none. The colons of an IPv6 address without brackets are no port's.
std::optional<std::string_view> take_port(std::string_view& entry) {
  const auto bracket = entry.find(']');
  const auto colon = bracket == std::string_view::npos ? entry.find(':') : entry.find(':', bracket);
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos)
    return std::nullopt;
  const auto port = entry.substr(colon + 1);
  entry = entry.substr(0, colon);
  return port;
}

bool entry_names(std::string_view entry, std::string_view host, std::string_view port) {
  if (const auto only = take_port(entry); only && *only != port)
    return false;
  if (entry.size() > 1 && entry.front() == '[' && entry.back() == ']')
    entry = entry.substr(1, entry.size() - 2);
  if (entry == "*")
    return true;
  if (const auto address = read_ip(host))
    return is_in_block(*address, entry);
  return is_or_is_below(host, entry);
}

} // namespace

bool is_exempt(std::string_view host, std::string_view port, std::string_view no_proxy) {
  constexpr std::string_view separators = ", \t";
  const auto name = lower(without_final_dot(host));
  const auto list = lower(no_proxy);
  for (auto begin = list.find_first_not_of(separators); begin != std::string::npos;) {
    const auto end = std::min(list.find_first_of(separators, begin), list.size());
    if (entry_names(std::string_view{list}.substr(begin, end - begin), name, port))
      return true;
    begin = list.find_first_not_of(separators, end);
  }
  return false;
}

} // namespace sluice
