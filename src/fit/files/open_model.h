#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "fit/model_file.h"

namespace spillway::fit {

/// Where models are kept on this machine; empty: not said.
struct Surroundings {
  std::string home;  // HOME
  std::string
      ollama_models;  // OLLAMA_MODELS; ~/.ollama/models, then the service's own, where empty
  std::string
      hf_hub_cache;     // HF_HUB_CACHE; HF_HOME/hub, then ~/.cache/huggingface/hub, where empty
  std::string hf_home;  // HF_HOME
};
/// `variable` is getenv(3) or a test's own.
Surroundings surroundings_from(const std::function<const char*(const char*)>& variable);

/// Reads what the headers of a model say: of a file, a folder, or a name that Ollama ("llama3.2:3b") or
/// a Hugging Face cache ("org/model") knows. What a file is decides its content, not its name. Reads
/// headers alone, never waits for a pipe, and takes no more memory than the headers need.
/// Errors: not_found, with the places that were looked at or the file that is missing; invalid, with
/// the byte; unsupported, with what to do instead.
Result<ModelFile> open_model(const std::string& path_or_name, const Surroundings& surroundings);

/// A model of which somebody only knows the size: `--params 1B --dtype fp16`.
ModelFile by_hand(std::string name, std::uint64_t parameters, TensorType dtype);

/// "1B", "7b", "350M", "1.5B", "1_500_000_000", "1000000": how many parameters. Errors: invalid, for
/// none, for more than 10^15 and for whatever else is written.
Result<std::uint64_t> parse_parameters(std::string_view text);

}  // namespace spillway::fit
