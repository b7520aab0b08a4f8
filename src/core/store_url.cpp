#include "core/store_url.hpp"

namespace sluice {

result<store_url> parse_store_url(std::string_view text) {
  constexpr std::string_view sqlite = "sqlite:";
  if (text == "memory")
    return store_url{memory_url{}};
  if (text.substr(0, sqlite.size()) == sqlite && text.size() > sqlite.size())
    return store_url{sqlite_url{std::string{text.substr(sqlite.size())}}};
  return error{errc::invalid_option, "persistence", "must be memory or sqlite:PATH"};
}

} // namespace sluice
