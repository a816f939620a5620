#include "doctor/tune/runtimes.h"

#include <array>

namespace spillway::doctor {
namespace {

constexpr std::array<Runtime, 7> kRuntimes{{
    {"ollama.service", true,
     "OLLAMA_MAX_LOADED_MODELS=1 OLLAMA_NUM_PARALLEL=1 OLLAMA_KEEP_ALIVE=5m",
     "each loaded model and each parallel request holds a cache of its own; idle models go after "
     "keep-alive",
     "ollama docs/faq.md"},
    {"llama-server.service", false, "--parallel 1 --cache-ram 2048",
     "slots share the context, and the prompt cache takes 8 GiB of RAM beside the model by default",
     "llama.cpp tools/server/README.md"},
    {"llama-swap.service", true, "ttl: 300 (of each model)", "idle models are unloaded",
     "llama-swap docs"},
    {"vllm.service", true, "--gpu-memory-utilization 0.8 --max-num-seqs 64",
     "vLLM takes its whole share of the card at start, for the cache; the share is the only limit",
     "vLLM docs, Conserving Memory"},
    {"comfyui.service", false, "--reserve-vram 1 --disable-smart-memory",
     "leaves 1 GiB to others, and moves models to RAM when they are not used",
     "ComfyUI comfy/cli_args.py"},
    {"localai.service", true, "LOCALAI_SINGLE_ACTIVE_BACKEND=true LOCALAI_WATCHDOG_IDLE=true",
     "one backend at a time, and idle ones are stopped",
     "LocalAI docs/content/advanced/vram-management.md"},
    {"lemonade.service", true, "--max-loaded-models 1", "one model at a time",
     "lemonade docs/guide"},
}};

constexpr std::array<FrameworkSetting, 4> kFrameworks{{
    {"PyTorch", "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True",
     "less of the reserved memory is lost to fragmentation", "PyTorch docs, CUDA semantics"},
    {"TensorFlow", "TF_FORCE_GPU_ALLOW_GROWTH=true",
     "takes what it uses instead of the whole card at start", "TensorFlow guide, Use a GPU"},
    {"JAX", "XLA_PYTHON_CLIENT_PREALLOCATE=false",
     "takes what it uses instead of 75 % of the card at start", "JAX docs, GPU memory allocation"},
    {"ONNX Runtime", "arena_extend_strategy=kSameAsRequested gpu_mem_limit=BYTES",
     "its arena else doubles with every step", "ONNX Runtime docs, CUDA execution provider"},
}};

}  // namespace

std::span<const Runtime> runtimes() { return kRuntimes; }
std::span<const FrameworkSetting> framework_settings() { return kFrameworks; }

}  // namespace spillway::doctor
