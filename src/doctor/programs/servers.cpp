#include "doctor/programs/servers.h"

#include <array>

#include "base/text.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kLongestModel = 1024;

/// Host buffers are no matter of the device.
bool on_device(std::string_view text) { return !has(text, "CPU") && !has(text, "_Host"); }

struct Fact {
  std::string_view mark;
  void (*read)(std::string_view text, Workload& into);
};

void read_integer(std::string_view text, std::string_view mark, std::optional<std::int64_t>& into) {
  if (const auto number = integer_after(text, mark)) into = number;
}

/// The next word behind `option`.
std::string word_after(std::string_view text, std::string_view option) {
  auto rest = after(text, option);
  const auto word = rest ? next_word(*rest) : std::nullopt;
  return word ? std::string(before(*word, "\"").substr(0, kLongestModel)) : std::string();
}

constexpr std::array kFacts{
    // llama.cpp src/llama-model-loader.cpp: "loaded meta data with 34 key-value pairs and 339 tensors from PATH
    // (version GGUF V3 (latest))"
    Fact{"key-value pairs and ",
         [](std::string_view text, Workload& into) {
           if (const auto path = between(text, " tensors from ", " (version"))
             into.model = path->substr(0, kLongestModel);
         }},
    // src/llama-model.cpp print_info(), before 2025 llm_load_print_meta()
    Fact{" n_layer  ",
         [](std::string_view text, Workload& into) { read_integer(text, "= ", into.layers); }},
    Fact{" n_head_kv  ",
         [](std::string_view text, Workload& into) { read_integer(text, "= ", into.kv_heads); }},
    Fact{" n_embd_head_k  ",
         [](std::string_view text, Workload& into) { read_integer(text, "= ", into.key_dim); }},
    Fact{" n_embd_head_v  ",
         [](std::string_view text, Workload& into) { read_integer(text, "= ", into.value_dim); }},
    Fact{" layers to GPU",
         [](std::string_view text, Workload& into) {
           read_integer(text, "offloaded ", into.gpu_layers);
         }},
    // ollama llm/server.go: msg="starting llama server" cmd="/usr/bin/ollama runner --model PATH --ctx-size 8192"
    Fact{"msg=\"starting ",
         [](std::string_view text, Workload& into) {
           into.model = word_after(text, "--model ");
           read_integer(text, "--ctx-size ", into.context_tokens);
           read_integer(text, "--n-gpu-layers ", into.gpu_layers);
         }},
    // vllm vllm/v1/engine/core.py: "Initializing a V1 LLM engine (v0.11.0) with config: model='Qwen/Qwen3-8B', ..."
    Fact{" LLM engine (v",
         [](std::string_view text, Workload& into) {
           if (const auto name = between(text, "model='", "'"))
             into.model = name->substr(0, kLongestModel);
           read_integer(text, "max_seq_len=", into.context_tokens);
         }},
    // llama.cpp src/llama-context.cpp: "llama_context: n_ctx         = 131072"
    Fact{"n_ctx   ", [](std::string_view text,
                        Workload& into) { into.context_tokens = integer_after(text, "= "); }},
    Fact{": n_ctx = ",
         [](std::string_view text, Workload& into) {
           into.context_tokens = integer_after(text, "n_ctx = ");
         }},
    // "using device CUDA0 (NVIDIA GeForce RTX 4090) (0000:01:00.0) - 23306 MiB free"
    Fact{": using device ",
         [](std::string_view text, Workload& into) {
           const auto figure = text.rfind(" - ");
           if (figure != std::string_view::npos && on_device(text))
             into.device_free = rounded(leading_amount(text.substr(figure + 3)));
         }},
    Fact{"KV buffer size =",
         [](std::string_view text, Workload& into) {
           if (on_device(text)) into.cache = rounded(amount_after(text, "size ="));
         }},
    Fact{"model buffer size =",
         [](std::string_view text, Workload& into) {
           if (on_device(text)) into.weights = rounded(amount_after(text, "size ="));
         }},
    // tools/server/server.cpp: "slot update_slots: ... n_past = 4096, n_tokens = 12"
    Fact{"n_past = ", [](std::string_view text,
                         Workload& into) { into.tokens = integer_after(text, "n_past = "); }},
    // "new prompt, n_ctx_slot = 8192, n_keep = 0, n_prompt_tokens = 6100", since 2025-10 "task.n_tokens = 6100"
    Fact{"n_prompt_tokens = ",
         [](std::string_view text, Workload& into) {
           read_integer(text, "n_prompt_tokens = ", into.tokens);
         }},
    Fact{"task.n_tokens = ",
         [](std::string_view text, Workload& into) {
           read_integer(text, "task.n_tokens = ", into.tokens);
         }},
    // transformers tokenization_utils_base.py: "Token indices sequence length is longer than the specified maximum
    // sequence length for this model (6100 > 4096)"
    Fact{" maximum sequence length for this model (",
         [](std::string_view text, Workload& into) {
           read_integer(text, " maximum sequence length for this model (", into.tokens);
         }},
    // common/fit.cpp
    Fact{"projected to use ",
         [](std::string_view text, Workload& into) {
           into.wanted = rounded(amount_after(text, "projected to use "));
           if (has(text, "device memory")) into.device_free = rounded(amount_after(text, " vs. "));
         }},
    Fact{"context size reduced from ",
         [](std::string_view text, Workload& into) {
           into.context_tokens = integer_after(text, "reduced from ");
           into.tokens_that_fit = integer_after(text, " to ");
           into.freed_by_less = rounded(amount_after(text, "need "));
         }},
    // ollama server/sched.go
    Fact{"msg=\"system memory\"",
         [](std::string_view text, Workload& into) {
           into.host_total = rounded(amount_after(text, " total=\""));
           into.host_free = rounded(amount_after(text, " free=\""));
         }},
};

constexpr std::array<std::string_view, 6> kDeaths{" SIGSEGV", "egmentation fault", "core dumped",
                                                  " SIGABRT", "status=11/SEGV",    "status=6/ABRT"};

}  // namespace

std::vector<std::string_view> Servers::marks() const {
  std::vector<std::string_view> marks;
  for (const Fact& fact : kFacts) marks.push_back(fact.mark);
  marks.insert(marks.end(), kDeaths.begin(), kDeaths.end());
  return marks;
}

void Servers::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  Workload workload;
  for (std::size_t i = 0; i < kFacts.size(); ++i) {
    if (marks[i]) kFacts[i].read(line.text, workload);
  }
  if (!workload.empty()) out.take(workload, line);
  for (std::size_t i = kFacts.size(); i < kFacts.size() + kDeaths.size(); ++i) {
    if (marks[i]) return out.died(line);
  }
}

}  // namespace spillway::doctor
