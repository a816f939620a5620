// Text to speech: used now and then, so its model may be unloaded in between.
#include "stage.h"

int main(int argc, char** argv) {
  return voice::run_stage({.name = "tts", .seed = 3, .priority = 10, .can_unload = true}, argc,
                          argv);
}
