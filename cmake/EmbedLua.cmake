# embed_lua(OUTPUT FOLDER): makes a header of the Lua scripts in a folder, each behind its prelude, as
# `enum class redis_script` and the array `redis_scripts`.
function(embed_lua output folder)
  file(READ ${folder}/prelude.lua prelude)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.lua)
  list(FILTER files EXCLUDE REGEX "/prelude\\.lua$")
  set(count 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} script)
    string(APPEND names "${name}, ")
    string(APPEND texts "    {R\"lua(${prelude}${script})lua\"sv},\n")
    math(EXPR count "${count} + 1")
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files} ${folder}/prelude.lua)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
#pragma once

// Made by cmake/EmbedLua.cmake; do not edit.

#include <array>
#include <string_view>

namespace sluice {

enum class redis_script { @names@ };

using std::string_view_literals::operator""sv; // knows its length: compilers count only so far

struct redis_script_text {
  std::string_view text;
};

inline constexpr std::array<redis_script_text, @count@> redis_scripts{{
@texts@}};

} // namespace sluice
]])
endfunction()
