#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fit/use.h"

namespace spillway {

/// What --print-flags knows.
inline constexpr std::string_view kFlagRuntimes = "llama.cpp, ollama, vllm or transformers";

/// How a runtime takes what it is told.
enum class FlagStyle : std::uint8_t { argument, variable, keyword };

/// One thing that a runtime is told.
struct Flag {
  std::vector<std::string_view> names;  // the first is written; none: a word that stands alone
  std::string value;                    // empty: the name says it all
  std::string_view option{};            // of fit::set_use(), which reads such a value
};

struct Flags {
  FlagStyle style = FlagStyle::argument;
  std::vector<Flag> flags;
};

/// How a runtime is told to run `model` like `use`: of llama.cpp and vLLM arguments, of Ollama
/// variables of its server's environment, of transformers keyword arguments of from_pretrained().
/// Errors: invalid, for another runtime; unsupported, for what that runtime cannot be told.
Result<Flags> flags_of(std::string_view runtime, const std::string& model, const fit::Use& use);

/// The same as words of a shell's command line.
Result<std::string> flags_for(std::string_view runtime, const std::string& model,
                              const fit::Use& use);

}  // namespace spillway
