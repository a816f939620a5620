// The language model: the biggest. Keeps a cache per request, and can answer from disk.
#include "stage.h"

int main(int argc, char** argv) {
  return voice::run_stage(
      {.name = "llm", .seed = 4, .priority = 5, .can_use_disk = true, .keeps_cache = true}, argc,
      argv);
}
