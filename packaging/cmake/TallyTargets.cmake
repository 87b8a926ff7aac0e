# How a folder becomes a target. Each function takes every source of its folder, so that adding a
# file needs no edit here, and adding a dependency between modules needs one in lib/CMakeLists.txt.

add_library(tally_options INTERFACE)
target_compile_features(tally_options INTERFACE cxx_std_20)
target_compile_options(tally_options INTERFACE
  -march=x86-64-v2 -fno-plt -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wzero-as-null-pointer-constant -Wsuggest-override
  # g++ 12 sees uninitialised members in every std::variant that is moved; the sanitizers look
  # instead.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(TALLY_SANITIZE)
  target_compile_options(tally_options INTERFACE
    -fsanitize=${TALLY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tally_options INTERFACE -fsanitize=${TALLY_SANITIZE})
endif()
if(TALLY_COVERAGE)
  target_compile_options(tally_options INTERFACE --coverage -O0)
  target_link_options(tally_options INTERFACE --coverage)
endif()
if(TALLY_VERIFY)
  target_compile_definitions(tally_options INTERFACE TALLY_VERIFY=1)
endif()
if(TALLY_FUZZ)
  target_compile_options(tally_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# tally_module(NAME [USES module...] [LINKS outside-target...]): lib/NAME becomes tally::NAME.
function(tally_module name)
  cmake_parse_arguments(arg "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.hpp)
  list(TRANSFORM arg_USES PREPEND tally::)
  if(sources)
    add_library(tally_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(tally_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(tally::${name} ALIAS tally_${name})
  target_include_directories(tally_${name} ${scope} ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(tally_${name} ${scope} tally_options ${arg_USES} ${arg_LINKS})
  # A header that does not include what it uses is found by its source, which includes it first
  # (tests/tidy), and where it has none by compiling it alone.
  set(alone)
  foreach(header ${headers})
    string(REGEX REPLACE "\\.hpp$" ".cpp" source ${header})
    if(NOT source IN_LIST sources)
      list(APPEND alone ${header})
    endif()
  endforeach()
  if(alone)
    target_sources(tally_${name} ${scope} FILE_SET alone TYPE HEADERS
      BASE_DIRS ${PROJECT_SOURCE_DIR}/lib FILES ${alone})
    set_target_properties(tally_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON
      INTERFACE_HEADER_SETS_TO_VERIFY alone)
  endif()
endfunction()

# tally_tool(NAME USES module...): tools/NAME becomes the command NAME. Its sources but main.cpp are
# the library NAME_parts, so that tests can link them.
function(tally_tool name)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/tools/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(REMOVE_ITEM sources ${folder}/main.cpp)
  list(TRANSFORM arg_USES PREPEND tally::)
  if(sources)
    add_library(${name}_parts STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${name}_parts INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name}_parts ${scope} ${folder})
  target_link_libraries(${name}_parts ${scope} tally_options ${arg_USES})
  add_executable(${name} ${folder}/main.cpp)
  target_link_libraries(${name} PRIVATE ${name}_parts)
  set_property(GLOBAL APPEND PROPERTY tally_tools ${name})
endfunction()
