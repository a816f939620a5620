// Voice activity detection: small, and always there.
#include "stage.h"

int main(int argc, char** argv) {
  return voice::run_stage({.name = "vad", .seed = 1, .priority = 30, .pinned = true}, argc, argv);
}
