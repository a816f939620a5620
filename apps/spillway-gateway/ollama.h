#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::gateway {

/// What a request of Ollama's own interface says of its length (ollama/ollama, docs/api: options).
struct OllamaLengths {
  std::optional<std::uint64_t> window;      // options.num_ctx
  std::optional<std::uint64_t> output_cap;  // options.num_predict; -1 and -2 are none
};
OllamaLengths ollama_lengths(std::string_view body);

/// The request so that nothing is left out of it in silence: truncate and shift false, and the answer
/// no longer than `output_cap`. Byte for byte the same where it says so already.
std::string without_loss(std::string_view body, std::uint64_t output_cap);

}  // namespace spillway::gateway
