#include "server/page_files.hpp"

#include <algorithm>

namespace sluice {

const page_file* find_page_file(std::string_view path) {
  const auto files = page_files();
  const auto it = std::find_if(files.begin(), files.end(), [path](const page_file& f) { return f.path == path; });
  return it == files.end() ? nullptr : &*it;
}

} // namespace sluice
