# Warnings for our own code; third-party headers come in as system headers and are left alone.
# An instrumented build warns without failing: GCC 12 invents -Wmaybe-uninitialized findings there.

add_library(spillway_warnings INTERFACE)
target_compile_options(spillway_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wno-missing-field-initializers  # designated initialisers name only what differs from the default
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>)
if(NOT spillway_instrument)
  target_compile_options(spillway_warnings INTERFACE -Werror)
endif()

# EXPECT_EQ(size(), 3) compares through gtest's templates, which cannot know that 3 fits.
add_library(spillway_test_warnings INTERFACE)
target_link_libraries(spillway_test_warnings INTERFACE spillway_warnings)
target_compile_options(spillway_test_warnings INTERFACE -Wno-sign-compare -Wno-sign-conversion)
