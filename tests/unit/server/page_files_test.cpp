#include "support/catch.hpp"

#include <regex>
#include <set>
#include <string>

#include "server/page_files.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

const std::string page_folder = SLUICE_SOURCE_DIR "/src/server/page";

std::string embedded(std::string_view path) {
  const auto* file = find_page_file(path);
  REQUIRE(file);
  return std::string{file->content};
}

// The paths that the page and its scripts ask for.
std::set<std::string> references() {
  const std::regex reference{R"re((?:src|href)="(/[^"]*)"|from "\.(/[^"]*)")re"};
  std::set<std::string> paths;
  for (const auto& file : page_files()) {
    const std::string text{file.content};
    for (std::sregex_iterator it{text.begin(), text.end(), reference}, end; it != end; ++it)
      paths.insert((*it)[1].matched ? (*it)[1].str() : (*it)[2].str());
  }
  return paths;
}

} // namespace

TEST_CASE("the page is embedded byte for byte", "[unit][server]") {
  for (const auto& file : page_files()) {
    INFO(file.path);
    const auto name = file.path == "/" ? "/index.html" : std::string{file.path};
    CHECK((file.content == read_file(page_folder + name))); // in short if it is not
  }
  CHECK(find_page_file("/")->content_type == "text/html; charset=utf-8");
  CHECK(find_page_file("/page.css")->content_type == "text/css; charset=utf-8");
  CHECK(find_page_file("/page.js")->content_type == "text/javascript; charset=utf-8");
  CHECK(find_page_file("/icon.svg")->content_type == "image/svg+xml");
}

TEST_CASE("no path finds a file but its own", "[unit][server]") {
  for (const std::string_view path : {"", "/index.html", "//", "/page", "/page.js?", "/../page.js", "/PAGE.JS"})
    CHECK(find_page_file(path) == nullptr);
}

TEST_CASE("the page asks for its own files only", "[unit][server]") {
  const auto paths = references();
  CHECK(paths.count("/page.css") == 1);
  for (const auto& path : paths)
    CHECK(find_page_file(path));
  for (const auto& file : page_files())
    CHECK((file.path == "/" || paths.count(std::string{file.path}) == 1)); // none is left over
}

TEST_CASE("the page keeps to its content security policy and makes no markup of strings", "[unit][server]") {
  const auto html = embedded("/");
  for (const auto* inline_code : {"<style", " style=", "<script>", " onclick=", " onload=", "javascript:"})
    CHECK((html.find(inline_code) == std::string::npos));
  for (const auto& file : page_files()) {
    INFO(file.path);
    for (const auto* markup : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"})
      CHECK((file.content.find(markup) == std::string_view::npos));
    for (const auto* elsewhere : {"https://", "url(", "@import", "import("})
      CHECK((file.content.find(elsewhere) == std::string_view::npos));
  }
}
