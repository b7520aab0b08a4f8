#pragma once

#include <span>
#include <string_view>

namespace sluice {

/// A file of the page that operators look at. The program holds it: nothing is read from a disk.
struct page_file {
  std::string_view path;         ///< Of the request, as in `/page.css`; the page itself is `/`.
  std::string_view content_type; ///< With the character set, if it is text.
  std::string_view content;
};

/// Returns every file of the page.
std::span<const page_file> page_files();

/// Returns the file that is the answer to a request for exactly this path; nullptr if there is none.
const page_file* find_page_file(std::string_view path);

} // namespace sluice
