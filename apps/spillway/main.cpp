#include <cstdio>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  try {
    return spillway::CommandLine().parse({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spillway: %s\n", error.what());
    return spillway::number(spillway::ExitCode::failure);
  }
}
