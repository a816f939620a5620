#pragma once

#include "context/counter.h"
#include "context/http_post.h"

namespace spillway {

/// Counts as the server at `server` does that is going to read the request: llama-server renders its own
/// template (/apply-template) and counts the tokens of that (/tokenize); vLLM does both in /tokenize. Which
/// of the two it is, its answers tell.
/// Sources: ggml-org/llama.cpp, tools/server/README.md; vllm-project/vllm,
/// vllm/entrypoints/openai/protocol.py.
context::ServerCounter server_counter(HttpServer server);

}  // namespace spillway
