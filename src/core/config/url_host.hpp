#pragma once

#include <string_view>

#include <boost/url/url_view.hpp>

namespace sluice {

/// What a host of a URL must be, as an error says it.
inline constexpr const char* usable_host =
    "must name a host of letters, digits, hyphens, underscores and dots, or an address";

/// Returns whether the text is a name of letters, digits, hyphens, underscores and dots.
bool is_host_name(std::string_view text);

/// Returns whether the host of the URL that was parsed from `text` can be used: an address, or a name of letters,
/// digits, hyphens, underscores and dots.
bool has_usable_host(const boost::urls::url_view&, std::string_view text);

} // namespace sluice
