#include "core/delivery/media_type.hpp"

#include <string>

namespace sluice {

bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  std::string type;
  for (const char c : content_type)
    if (c != ' ' && c != '\t')
      type += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view suffix = "+json";
  const bool has_suffix =
      type.size() > suffix.size() && type.compare(type.size() - suffix.size(), suffix.size(), suffix) == 0;
  return type == "application/json" || (has_suffix && type.find('/') != std::string::npos);
}

} // namespace sluice
