#pragma once

#include <string>
#include <string_view>

#include "fit/use.h"

namespace spillway {

/// What --print-flags knows.
inline constexpr std::string_view kFlagRuntimes = "llama.cpp, ollama, vllm or transformers";

/// How a runtime is told to run `model` like `use`, as words of a shell's command line. Of llama.cpp
/// and vLLM arguments, of Ollama variables of its server's environment, of transformers keyword
/// arguments of from_pretrained(). Errors: invalid, for another runtime; unsupported, for what that
/// runtime cannot be told.
Result<std::string> flags_for(std::string_view runtime, const std::string& model,
                              const fit::Use& use);

}  // namespace spillway
