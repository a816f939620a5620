#include "plan/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spillway {
namespace {

using fit::Attention;
using fit::TensorType;
using fit::Use;

/// In single quotes where a shell would read more into it.
std::string quoted(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=,+@").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}
std::string type_name(TensorType type) { return lower(fit::layout_of(type).name); }

/// As PyTorch calls it.
Result<std::string> torch_type(TensorType type) {
  switch (type) {
    case TensorType::f16: return "float16";
    case TensorType::bf16: return "bfloat16";
    case TensorType::f32: return "float32";
    default: break;
  }
  return fail(Errc::unsupported, "no type to load weights in", type_name(type),
              "int8 takes a quantised model, or a quantization_config");
}

// tools/server/README.md of ggml-org/llama.cpp. -c is what all slots have together.
Result<std::string> llama_cpp(const std::string& model, const Use& use) {
  const std::uint64_t context = use.unified_cache ? use.context : use.context * use.slots;
  std::string flags =
      fmt::format("-m {} -c {} -np {} -ub {}", quoted(model), context, use.slots, use.micro_batch);
  if (use.on_cpu) {
    flags += " -ngl 0";
  } else {
    flags += fmt::format(" -ngl {}", use.gpu_layers.value_or(999));
  }
  flags += use.attention == Attention::flash ? " -fa on" : " -fa off";
  flags += fmt::format(" -ctk {} -ctv {}", type_name(use.cache_k), type_name(use.cache_v));
  flags += use.unified_cache ? " --kv-unified" : " --no-kv-unified";
  if (use.experts_on_cpu) flags += " --cpu-moe";
  if (use.swa_full) flags += " --swa-full";
  if (!use.mmap) flags += " --no-mmap";
  return flags;
}

// docs/faq.md of ollama/ollama: variables of the server.
Result<std::string> ollama(const std::string&, const Use& use) {
  std::string flags =
      fmt::format("OLLAMA_CONTEXT_LENGTH={} OLLAMA_NUM_PARALLEL={}", use.context, use.slots);
  flags += fmt::format(" OLLAMA_FLASH_ATTENTION={}", use.attention == Attention::flash ? 1 : 0);
  const TensorType cache = use.cache_k;
  if (cache != TensorType::f16 && cache != TensorType::q8_0 && cache != TensorType::q4_0) {
    return fail(Errc::unsupported, "no cache type of Ollama", type_name(cache),
                "f16, q8_0 or q4_0");
  }
  flags += " OLLAMA_KV_CACHE_TYPE=" + type_name(cache);
  return flags;
}

// vllm serve --help.
Result<std::string> vllm(const std::string& model, const Use& use) {
  std::string flags = fmt::format("{} --max-model-len {} --max-num-seqs {}", quoted(model),
                                  use.context, std::max(use.slots, use.batch));
  flags += fmt::format(" --gpu-memory-utilization {:.2f}", use.vllm_fraction.value_or(0.9));
  if (!use.cuda_graphs) flags += " --enforce-eager";
  if (use.precision) {
    auto type = torch_type(*use.precision);
    if (!type) return type;
    flags += " --dtype " + *type;
  }
  return flags;
}

Result<std::string> transformers(const std::string&, const Use& use) {
  std::string flags =
      fmt::format("attn_implementation={}", use.attention == Attention::flash ? "sdpa" : "eager");
  flags += use.on_cpu ? " device_map=cpu" : " device_map=cuda";
  if (use.precision) {
    auto type = torch_type(*use.precision);
    if (!type) return type;
    flags += " dtype=" + *type;
  }
  return flags;
}

struct Runtime {
  std::string_view name;
  Result<std::string> (*flags)(const std::string& model, const Use& use);
};
constexpr std::array<Runtime, 4> kRuntimes{
    {{"llama.cpp", llama_cpp}, {"ollama", ollama}, {"vllm", vllm}, {"transformers", transformers}}};

}  // namespace

Result<std::string> flags_for(std::string_view runtime, const std::string& model, const Use& use) {
  for (const Runtime& known : kRuntimes) {
    if (known.name == runtime) return known.flags(model, use);
  }
  return fail(Errc::invalid, "is no runtime with known flags", std::string(runtime),
              std::string(kFlagRuntimes));
}

}  // namespace spillway
