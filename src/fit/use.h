#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "fit/tensor_type.h"

namespace spillway::fit {

enum class Backend : std::uint8_t { llama_cpp, transformers, onnxruntime, vllm };
enum class Attention : std::uint8_t { flash, eager };
enum class Logits : std::uint8_t { last, all };

/// How a model is going to be run. The defaults are one prompt of `context` tokens in one prefill,
/// batch 1, logits of the last position only.
struct Use {
  std::optional<Backend> backend;   // by the file's format where not said
  std::uint64_t context = 4096;     // tokens of one sequence, prompt and answer
  std::uint64_t slots = 1;          // sequences kept at once (llama.cpp: parallel slots)
  bool unified_cache = true;        // llama.cpp: the slots share one cache of `context` cells
  bool swa_full = false;            // llama.cpp --swa-full
  std::uint64_t batch = 1;          // sequences computed at once
  std::uint64_t micro_batch = 512;  // llama.cpp -ub, tokens
  TensorType cache_k = TensorType::f16;
  TensorType cache_v = TensorType::f16;
  bool cache_type_given = false;  // else transformers and vLLM keep the weights' type
  Attention attention = Attention::flash;
  Logits logits = Logits::last;
  std::optional<TensorType> precision;      // weights converted at load: fp16 of an fp32 file
  std::optional<std::uint64_t> gpu_layers;  // of layers + 1 (the output counts); all where not said
  bool experts_on_cpu = false;              // llama.cpp --cpu-moe
  bool on_cpu = false;                      // nothing in VRAM
  bool mmap = true;
  bool cuda_graphs = false;
  double audio_seconds = 0;  // the longest input of a speech model; 0: its own longest
  std::uint64_t images = 0;
  std::uint64_t llama_cpp_build = 0;    // bNNNN; 0: newest known
  std::optional<double> vllm_fraction;  // --gpu-memory-utilization; 0.9 where not said
  Bytes card;  // the GPU's memory, of which vLLM takes its fraction; 0: not known
};

}  // namespace spillway::fit
