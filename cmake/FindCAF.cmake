# Finds the C++ Actor Framework, 1.x by its own package or 0.17 by its headers and libraries.
#
# Gives the targets CAF::core and CAF::io.

if(TARGET CAF::core)
  set(CAF_FOUND TRUE)
  return()
endif()

# A package says for one major version whether it fits, so that each is asked for.
foreach(major IN ITEMS 2 1)
  find_package(CAF ${major} CONFIG QUIET COMPONENTS core io)
  if(TARGET CAF::core)
    set(CAF_FOUND TRUE)
    return()
  endif()
endforeach()

find_path(CAF_INCLUDE_DIR caf/actor_system.hpp)
find_library(CAF_CORE_LIBRARY caf_core)
find_library(CAF_IO_LIBRARY caf_io)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS CAF_CORE_LIBRARY CAF_IO_LIBRARY CAF_INCLUDE_DIR)
if(CAF_FOUND)
  foreach(part IN ITEMS core io)
    string(TOUPPER ${part} upper)
    add_library(CAF::${part} UNKNOWN IMPORTED)
    set_target_properties(CAF::${part} PROPERTIES IMPORTED_LOCATION "${CAF_${upper}_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")
  endforeach()
  set_property(TARGET CAF::io PROPERTY INTERFACE_LINK_LIBRARIES CAF::core)
endif()
mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY CAF_IO_LIBRARY)
