# The Debian packages `sluice`, which has the command, and `libsluice-dev`, which has the library; `cpack -G DEB` makes
# them.

# -- what they hold besides programs and library --------------------------------------------------------------------------

find_program(GZIP gzip REQUIRED)
set(documentation ${PROJECT_BINARY_DIR}/documentation)
add_custom_command(
  OUTPUT ${documentation}/changelog.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  COMMAND ${CMAKE_COMMAND} -E make_directory ${documentation}
  COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${documentation}/changelog.gz
  VERBATIM)
add_custom_target(sluice_changelog ALL DEPENDS ${documentation}/changelog.gz)

# documentation_of(COMPONENT PACKAGE): what every package must have.
function(documentation_of component package)
  set(folder ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package})
  install(FILES ${documentation}/changelog.gz DESTINATION ${folder} COMPONENT ${component})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${folder} RENAME copyright COMPONENT ${component})
endfunction()

documentation_of(development libsluice-dev)
if(SLUICE_COMMAND)
  # Man pages and completion come from the command itself, which knows its options.
  add_custom_command(
    OUTPUT ${documentation}/man1/sluice.1.gz ${documentation}/sluice.bash ${documentation}/_sluice
    DEPENDS sluice_command
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${documentation}/man1
    COMMAND ${CMAKE_COMMAND} -E make_directory ${documentation}/man1
    COMMAND sluice_command man-pages ${documentation}/man1
    COMMAND ${GZIP} -9nr ${documentation}/man1
    COMMAND sluice_command completion bash > ${documentation}/sluice.bash
    COMMAND sluice_command completion zsh > ${documentation}/_sluice
    VERBATIM)
  add_custom_target(sluice_documentation ALL DEPENDS ${documentation}/man1/sluice.1.gz)
  documentation_of(command sluice)
  install(DIRECTORY ${documentation}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT command)
  install(FILES ${documentation}/sluice.bash RENAME sluice COMPONENT command
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)
  install(FILES ${documentation}/_sluice COMPONENT command
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions)
  install(FILES packaging/sluice.service packaging/sluice-serve.service packaging/sluice-serve.socket
          DESTINATION lib/systemd/system COMPONENT command)
  install(FILES packaging/sluice.default packaging/sluice-alerts.yml packaging/sluice-dashboard.json COMPONENT command
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/sluice/examples)
endif()

# -- the packages ---------------------------------------------------------------------------------------------------------

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGE_VENDOR "The Sluice authors")
set(CPACK_PACKAGE_CONTACT "The Sluice authors <maintainers@sluice.example>"
    CACHE STRING "Who maintains the packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL development)
if(SLUICE_COMMAND)
  list(PREPEND CPACK_COMPONENTS_ALL command)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME sluice)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS redis-server)
set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/postinst
                                               ${PROJECT_SOURCE_DIR}/packaging/prerm)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION
    "durable delivery of analytics events
Sends events to a data plane through a queue in a file or in Redis, so that
what was accepted is delivered whatever breaks in between. This package has
the command and a service that delivers what is in a queue.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsluice-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "durable delivery of analytics events, development files
Sluice is a library of actors for the C++ Actor Framework (CAF), which deliver
analytics events to a data plane. This package has its headers, the library,
a CMake package and a file for pkg-config.")

# What a program needs that is built against the library; each stands for the package that it comes from, whose name
# differs between releases. cmake/PackageDependencies.cmake looks it up.
set(CPACK_SLUICE_NEEDED_FILES)
set(needed_headers caf/actor_system.hpp nlohmann/json.hpp boost/version.hpp)
if(NOT BUILD_SHARED_LIBS)
  list(APPEND needed_headers libdeflate.h simdjson.h openssl/ssl.h zlib.h sqlite3.h hiredis/hiredis.h)
  if(with_isal)
    list(APPEND needed_headers isa-l.h)
  endif()
  find_library(boost_url_library boost_url NO_CACHE)
  list(APPEND CPACK_SLUICE_NEEDED_FILES ${boost_url_library})
endif()
foreach(header IN LISTS needed_headers)
  find_file(needed_file ${header} NO_CACHE)
  list(APPEND CPACK_SLUICE_NEEDED_FILES ${needed_file})
  unset(needed_file)
endforeach()
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageDependencies.cmake)
include(CPack)
