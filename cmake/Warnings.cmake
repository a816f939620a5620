# Warnings for our own code; third-party headers come in as system headers and are left alone.

set(common
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-missing-field-initializers  # designated initialisers name only what differs from the default
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>)
if(spillway_instrument AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND common -Wno-maybe-uninitialized)  # GCC 12 invents findings in instrumented code
else()
  list(APPEND common -Werror)
endif()

add_library(spillway_warnings INTERFACE)
target_compile_options(spillway_warnings INTERFACE ${common} -Wsign-conversion)

# EXPECT_EQ(size(), 3) compares inside gtest's templates, which cannot know that 3 fits.
add_library(spillway_test_warnings INTERFACE)
target_compile_options(spillway_test_warnings INTERFACE ${common} -Wno-sign-compare)
