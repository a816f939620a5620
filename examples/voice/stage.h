#pragma once

#include <cstdint>
#include <string>

namespace voice {

/// One program of the voice stack: what it is, and what it can do when memory is short.
struct Description {
  std::string name;           // "stt"
  std::uint64_t seed = 0;     // of its weights
  int priority = 0;           // higher keeps its memory longer
  bool pinned = false;        // never touched: it must always hear
  bool can_quantize = false;  // full -> q8
  bool can_unload = false;    // when nobody has asked for a while
  bool can_use_disk = false;  // offload: answer from the mapped file
  bool keeps_cache = false;   // of its conversations: grows with every request, can be trimmed
};

/// main() of a stage:
///   voice-stt --weights FILE --socket PATH [--unguarded] [--pool POOL]
/// Prints "ready" when it answers. Each request line "ask N" is answered "VALUE FORM", where VALUE
/// is what Weights::expected() gives for that form. Returns the exit status.
int run_stage(const Description& description, int argc, char** argv);

}  // namespace voice
