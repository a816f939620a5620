#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "context/counter.h"

namespace spillway::context {

struct ServerAnswer {
  unsigned status = 0;
  std::string body;
};

/// Posts JSON to a path of a model server and waits for the answer.
using ServerPost =
    std::function<Result<ServerAnswer>(std::string_view path, std::string_view json)>;

/// Counts as the server does that is going to read the request: llama-server renders its own template
/// (/apply-template) and counts the tokens of that (/tokenize); vLLM does both in /tokenize. Which of the
/// two it is, its answers tell. Errors: those of `post`; unsupported, where it does neither; invalid, for an
/// answer without a count.
/// Sources: ggml-org/llama.cpp, tools/server/README.md; vllm-project/vllm,
/// vllm/entrypoints/openai/protocol.py.
ServerCounter server_counter(ServerPost post, CountCache& cache, std::string server = {});

}  // namespace spillway::context
