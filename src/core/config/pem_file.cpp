#include "core/config/pem_file.hpp"

#include <fstream>

namespace sluice {

bool has_pem(const std::string& file, std::string_view label) {
  const auto end = " " + std::string{label} + "-----";
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("-----BEGIN") && line.find(end) != std::string::npos)
      return true;
  return false;
}

} // namespace sluice
