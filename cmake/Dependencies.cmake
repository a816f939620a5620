# Third-party libraries, all from the distribution (packaging/pkgs). A folder names what it uses in LINK.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)             # fmt::fmt-header-only
# We print no localized numbers; without this fmt brings std::locale and all its facets, half a megabyte
# in the daemon and in other people's processes.
target_compile_definitions(fmt::fmt-header-only INTERFACE "FMT_STATIC_THOUSANDS_SEPARATOR=','")
find_package(tl-expected REQUIRED)     # tl::expected
find_package(nlohmann_json REQUIRED)   # nlohmann_json::nlohmann_json
find_package(CLI11 REQUIRED)           # CLI11::CLI11
find_package(ZLIB REQUIRED)            # ZLIB::ZLIB

# The packaged target would add a shared library; the headers alone do.
find_path(SPILLWAY_TOML_INCLUDE toml++/toml.h REQUIRED)
add_library(spillway_toml INTERFACE)
target_include_directories(spillway_toml SYSTEM INTERFACE ${SPILLWAY_TOML_INCLUDE})

# libyaml, in C: its errors are values, and it gives the place of every word.
find_path(SPILLWAY_YAML_INCLUDE yaml.h REQUIRED)
find_library(SPILLWAY_YAML_LIBRARY NAMES libyaml.a yaml REQUIRED)
add_library(spillway_yaml INTERFACE)
target_include_directories(spillway_yaml SYSTEM INTERFACE ${SPILLWAY_YAML_INCLUDE})
target_link_libraries(spillway_yaml INTERFACE ${SPILLWAY_YAML_LIBRARY})

set(CURSES_NEED_NCURSES TRUE)
set(CURSES_NEED_WIDE TRUE)
find_package(Curses REQUIRED)
add_library(spillway_curses INTERFACE)
target_include_directories(spillway_curses SYSTEM INTERFACE ${CURSES_INCLUDE_DIRS})
target_link_libraries(spillway_curses INTERFACE ${CURSES_LIBRARIES})

if(SPILLWAY_TESTS)
  find_package(GTest REQUIRED)         # GTest::gtest_main, GTest::gmock
  include(GoogleTest)
endif()
if(SPILLWAY_BENCH)
  find_package(benchmark REQUIRED)     # benchmark::benchmark
endif()
