# embed_page(OUTPUT FOLDER): makes a C++ source that holds the files of a folder, with which the server answers.
# `index.html` is the file of the path `/`.
function(embed_page output folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.html ${folder}/*.css ${folder}/*.js ${folder}/*.svg)
  set(type_of_html "text/html; charset=utf-8")
  set(type_of_css "text/css; charset=utf-8")
  set(type_of_js "text/javascript; charset=utf-8")
  set(type_of_svg "image/svg+xml")
  set(count 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    string(REGEX MATCH "[a-z]+$" kind ${name})
    if(name STREQUAL index.html)
      set(path "/")
    else()
      set(path "/${name}")
    endif()
    file(SIZE ${file} size)
    file(READ ${file} bytes HEX)
    # Characters and not a literal: compilers bound the length of literals, and one would need escapes as well.
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
    string(REPLACE "'\\x0a'," "'\\x0a',\n" bytes "${bytes}") # a line of it for a line of the file
    string(APPEND arrays "constexpr std::array<char, ${size}> page_bytes_${count}{\n${bytes}};\n\n")
    string(APPEND rows "    {\"${path}\", \"${type_of_${kind}}\",\n"
                       "     {page_bytes_${count}.data(), page_bytes_${count}.size()}},\n")
    math(EXPR count "${count} + 1")
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
// Made by cmake/EmbedPage.cmake; do not edit.

#include "server/page_files.hpp"

#include <array>

namespace sluice {

namespace {

@arrays@constexpr std::array<page_file, @count@> embedded_page_files{{
@rows@}};

} // namespace

std::span<const page_file> page_files() {
  return embedded_page_files;
}

} // namespace sluice
]])
endfunction()
