# Language, output folders and flags that hold for every target of this build.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

# Every static library may end up in libspillway.so, which exports the C ABI and nothing else.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

# One section per function, so that the linker leaves out what a program does not use.
add_compile_options(-ffunction-sections -fdata-sections)

# For the links of what guards all the time. GNU ld and lld know what the file says.
set(spillway_look_together -Wl,-T,${PROJECT_SOURCE_DIR}/cmake/look.ld)

find_program(SPILLWAY_CCACHE ccache)
if(SPILLWAY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SPILLWAY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SPILLWAY_CCACHE})
endif()

if(SPILLWAY_SANITIZE STREQUAL "address")
  set(spillway_instrument -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(SPILLWAY_SANITIZE STREQUAL "thread")
  set(spillway_instrument -fsanitize=thread)
elseif(SPILLWAY_SANITIZE)
  message(FATAL_ERROR "SPILLWAY_SANITIZE=${SPILLWAY_SANITIZE}: use address or thread")
endif()
if(SPILLWAY_COVERAGE)
  list(APPEND spillway_instrument --coverage -fprofile-abs-path -fprofile-update=atomic)
endif()
if(SPILLWAY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SPILLWAY_FUZZ needs clang: use the fuzz preset (cmake --preset fuzz)")
  endif()
  list(APPEND spillway_instrument -fsanitize=fuzzer-no-link,address,undefined
       -fno-sanitize-recover=all)
endif()
if(spillway_instrument)
  add_compile_options(${spillway_instrument} -fno-omit-frame-pointer)
  add_link_options(${spillway_instrument})
endif()
