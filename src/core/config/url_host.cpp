#include "core/config/url_host.hpp"

#include <algorithm>
#include <string>

namespace sluice {

namespace {

// Boost.URL 1.81 takes 127.0.0.1.example.com for 127.0.0.1, and the rest for the path.
bool has_whole_authority(const boost::urls::url_view& url, std::string_view text) {
  const auto begin = text.find("://") + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::string_view parsed{url.encoded_authority().data(), url.encoded_authority().size()};
  return text.substr(begin, end - begin) == parsed;
}

} // namespace

// After percent-decoding a name could hold any byte, and is put into requests and given to the resolver.
bool is_host_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

bool has_usable_host(const boost::urls::url_view& url, std::string_view text) {
  return url.has_authority() && has_whole_authority(url, text) &&
         (url.host_type() == boost::urls::host_type::ipv6 || is_host_name(url.host_address()));
}

} // namespace sluice
