// Speech to text: can answer from 8-bit weights when memory is short.
#include "stage.h"

int main(int argc, char** argv) {
  return voice::run_stage({.name = "stt", .seed = 2, .priority = 20, .can_quantize = true}, argc,
                          argv);
}
