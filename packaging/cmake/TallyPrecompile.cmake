# Precompiled headers for presets of clang whose objects nobody ships: what nearly every source
# includes is parsed once, and twice more with doctest for its tests. The release preset goes
# without, so that a source that does not include what it uses is found there; g++ 12 warns of
# strings that it inlines from such a header, falsely, so the other presets of g++ go without too.
set(common_headers <algorithm> <array> <cerrno> <cstddef> <cstdint> <cstdlib> <cstring>
  <functional> <map> <memory> <optional> <span> <string> <string_view> <utility> <vector>
  <fmt/format.h> <tl/expected.hpp>)

# tally_precompile(NAME HEADERS header... [LINKS target...] [OPTIONS option...]): a target with the
# headers compiled.
function(tally_precompile name)
  cmake_parse_arguments(arg "" "" "HEADERS;LINKS;OPTIONS" ${ARGN})
  file(WRITE ${PROJECT_BINARY_DIR}/precompile/${name}.cpp "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/precompile/${name}.cpp)
  target_link_libraries(${name} PRIVATE
    tally_options fmt::fmt tl::expected Threads::Threads ${arg_LINKS})
  target_compile_options(${name} PRIVATE ${arg_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

# tally_take_precompiled(FOLDER): every compiled target of the folder and those below it takes one.
function(tally_take_precompiled folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    get_target_property(links ${target} LINK_LIBRARIES)
    get_target_property(options ${target} COMPILE_OPTIONS)
    if(NOT type MATCHES "STATIC_LIBRARY|EXECUTABLE" OR NOT sources)
      continue()
    endif()
    if("-O0" IN_LIST options)
      target_precompile_headers(${target} REUSE_FROM tally_precompiled_unoptimised)
    elseif("tally_test_main" IN_LIST links)
      target_precompile_headers(${target} REUSE_FROM tally_precompiled_tests)
    else()
      target_precompile_headers(${target} REUSE_FROM tally_precompiled)
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below ${folders})
    tally_take_precompiled(${below})
  endforeach()
endfunction()

tally_precompile(tally_precompiled HEADERS ${common_headers})
if(BUILD_TESTING)
  tally_precompile(tally_precompiled_tests
    HEADERS ${common_headers} <doctest/doctest.h> LINKS doctest::doctest)
  tally_precompile(tally_precompiled_unoptimised
    HEADERS ${common_headers} <doctest/doctest.h> LINKS doctest::doctest OPTIONS -O0)
endif()
foreach(folder lib tools tests)
  if(folder STREQUAL "tests" AND NOT BUILD_TESTING)
    continue()
  endif()
  tally_take_precompiled(${PROJECT_SOURCE_DIR}/${folder})
endforeach()
