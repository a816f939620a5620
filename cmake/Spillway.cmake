# The functions that every folder's CMakeLists.txt is written with:
#
#   spillway_library(NAME SOURCES ... [TESTS ...] [DEPS folder ...] [LINK target ...] [TEST_LINK target ...])
#       -> static library spillway_NAME (an INTERFACE library when there are no SOURCES), test NAME_test
#   spillway_program(NAME SOURCES ... [TESTS ...] [DEPS ...] [LINK ...] [TEST_LINK ...])
#       -> program NAME in bin/, test NAME_test of its sources other than main.cpp
#   spillway_test(TARGET SOURCES ... [DEPS ...] [LINK ...] [SERIAL])
#       -> a test binary of its own; SERIAL: nothing else runs beside it
#   spillway_bench(TARGET SOURCES ... [DEPS ...] [LINK ...])    a Google Benchmark binary, under SPILLWAY_BENCH
#   spillway_fuzzer(TARGET SOURCES ... [DEPS ...] [LINK ...])   a libFuzzer binary, under SPILLWAY_FUZZ
#   spillway_folders(NAME ...)                                  add_subdirectory of those that exist
#
# DEPS names folders of src/ (base, model ...), LINK third-party targets; both are public.

include(Warnings)

function(spillway_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

macro(spillway_parse)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "" "SOURCES;TESTS;DEPS;LINK;TEST_LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "Unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM arg_DEPS PREPEND spillway_)
endmacro()

function(spillway_library name)
  spillway_parse()
  set(target spillway_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC ${arg_DEPS} ${arg_LINK} PRIVATE spillway_warnings)
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_DEPS} ${arg_LINK})
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
  endif()
  if(arg_TESTS)
    spillway_test(${name}_test SOURCES ${arg_TESTS} DEPS ${name} LINK ${arg_TEST_LINK})
  endif()
endfunction()

function(spillway_program name)
  spillway_parse()
  set(parts ${arg_SOURCES})
  list(FILTER parts EXCLUDE REGEX "(^|/)main\\.cpp$")
  set(main ${arg_SOURCES})
  list(FILTER main INCLUDE REGEX "(^|/)main\\.cpp$")

  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} ${arg_LINK} spillway_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,-z,relro,-z,now)
  if(NOT SPILLWAY_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(parts)
    add_library(${name}_objects OBJECT ${parts})
    target_link_libraries(${name}_objects PUBLIC ${arg_DEPS} ${arg_LINK} PRIVATE spillway_warnings)
    target_include_directories(${name}_objects PUBLIC ${PROJECT_SOURCE_DIR}/src
                               ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${name}_objects)
  endif()
  if(arg_TESTS)
    spillway_test(${name}_test SOURCES ${arg_TESTS} LINK ${name}_objects ${arg_TEST_LINK})
  endif()
endfunction()

function(spillway_test target)
  if(NOT SPILLWAY_TESTS)
    return()
  endif()
  spillway_parse()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_DEPS} ${arg_LINK} GTest::gtest_main GTest::gmock
                        $<TARGET_NAME_IF_EXISTS:spillway_test_support> spillway_test_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${target} PRIVATE
    SPILLWAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    SPILLWAY_BINARY_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  # A test that prints "[  SKIPPED ]" counts as skipped: gtest_discover_tests sees to that.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    PROPERTIES TIMEOUT 180 RUN_SERIAL ${arg_SERIAL})
endfunction()

function(spillway_bench target)
  spillway_parse()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_DEPS} ${arg_LINK} benchmark::benchmark
                        spillway_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
endfunction()

function(spillway_fuzzer target)
  if(NOT SPILLWAY_FUZZ)
    return()
  endif()
  spillway_parse()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_DEPS} ${arg_LINK} spillway_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${target} PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fuzz)
  add_dependencies(fuzzers ${target})
endfunction()
