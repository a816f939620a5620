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

std::string on_off(bool on) { return on ? "on" : "off"; }

using FlagList = Result<std::vector<Flag>>;

// tools/server/README.md of ggml-org/llama.cpp. -c is what all slots have together.
FlagList llama_cpp(const std::string& model, const Use& use) {
  const std::uint64_t context = use.unified_cache ? use.context : use.context * use.slots;
  const std::uint64_t layers = use.on_cpu ? 0 : use.gpu_layers.value_or(999);
  std::vector<Flag> flags{
      {{"-m", "--model"}, model},
      {{"-c", "--ctx-size"}, std::to_string(context), "context"},
      {{"-np", "--parallel"}, std::to_string(use.slots), "slots"},
      {{"-ub", "--ubatch-size"}, std::to_string(use.micro_batch), "micro_batch"},
      {{"-ngl", "--gpu-layers", "--n-gpu-layers"}, std::to_string(layers), "gpu_layers"},
      {{"-fa", "--flash-attn"}, on_off(use.attention == Attention::flash), "attention"},
      {{"-ctk", "--cache-type-k"}, type_name(use.cache_k), "cache_type"},
      {{"-ctv", "--cache-type-v"}, type_name(use.cache_v), "cache_type"}};
  if (use.unified_cache) {
    flags.push_back({{"--kv-unified", "-kvu"}, ""});
  } else {
    flags.push_back({{"--no-kv-unified", "-no-kvu"}, ""});
  }
  if (use.experts_on_cpu) flags.push_back({{"--cpu-moe", "-cmoe"}, ""});
  if (use.swa_full) flags.push_back({{"--swa-full"}, ""});
  if (!use.mmap) flags.push_back({{"--no-mmap"}, ""});
  return flags;
}

// docs/faq.md of ollama/ollama: variables of the server.
FlagList ollama(const std::string&, const Use& use) {
  const TensorType cache = use.cache_k;
  if (cache != TensorType::f16 && cache != TensorType::q8_0 && cache != TensorType::q4_0) {
    return fail(Errc::unsupported, "no cache type of Ollama", type_name(cache),
                "f16, q8_0 or q4_0");
  }
  const bool fused = use.attention == Attention::flash;
  return std::vector<Flag>{{{"OLLAMA_CONTEXT_LENGTH"}, std::to_string(use.context), "context"},
                           {{"OLLAMA_NUM_PARALLEL"}, std::to_string(use.slots), "slots"},
                           {{"OLLAMA_FLASH_ATTENTION"}, fused ? "1" : "0", "attention"},
                           {{"OLLAMA_KV_CACHE_TYPE"}, type_name(cache), "cache_type"}};
}

/// The type to convert to, where one was asked for.
Status add_type(std::vector<Flag>& flags, std::string_view name, const Use& use) {
  if (!use.precision) return {};
  auto type = torch_type(*use.precision);
  if (!type) return tl::unexpected(type.error());
  flags.push_back({{name}, std::move(*type), "precision"});
  return {};
}

// vllm serve --help.
FlagList vllm(const std::string& model, const Use& use) {
  std::vector<Flag> flags{
      {{}, model},
      {{"--max-model-len"}, std::to_string(use.context), "context"},
      {{"--max-num-seqs"}, std::to_string(std::max(use.slots, use.batch)), "slots"},
      {{"--gpu-memory-utilization"},
       fmt::format("{:.2f}", use.vllm_fraction.value_or(0.9)),
       "gpu_memory_utilization"}};
  if (!use.cuda_graphs) flags.push_back({{"--enforce-eager"}, ""});
  if (const Status added = add_type(flags, "--dtype", use); !added) {
    return tl::unexpected(added.error());
  }
  return flags;
}

FlagList transformers(const std::string&, const Use& use) {
  std::vector<Flag> flags{
      {{"attn_implementation"}, use.attention == Attention::flash ? "sdpa" : "eager"},
      {{"device_map"}, use.on_cpu ? "cpu" : "cuda"}};
  if (const Status added = add_type(flags, "dtype", use); !added) {
    return tl::unexpected(added.error());
  }
  return flags;
}

struct Runtime {
  std::string_view name;
  FlagStyle style;
  FlagList (*flags)(const std::string& model, const Use& use);
};
constexpr std::array<Runtime, 4> kRuntimes{{{"llama.cpp", FlagStyle::argument, llama_cpp},
                                            {"ollama", FlagStyle::variable, ollama},
                                            {"vllm", FlagStyle::argument, vllm},
                                            {"transformers", FlagStyle::keyword, transformers}}};

}  // namespace

Result<Flags> flags_of(std::string_view runtime, const std::string& model, const Use& use) {
  for (const Runtime& known : kRuntimes) {
    if (known.name != runtime) continue;
    auto flags = known.flags(model, use);
    if (!flags) return tl::unexpected(flags.error());
    return Flags{known.style, std::move(*flags)};
  }
  return fail(Errc::invalid, "is no runtime with known flags", std::string(runtime),
              std::string(kFlagRuntimes));
}

Result<std::string> flags_for(std::string_view runtime, const std::string& model, const Use& use) {
  const auto all = flags_of(runtime, model, use);
  if (!all) return tl::unexpected(all.error());
  const char* between = all->style == FlagStyle::argument ? " " : "=";
  std::string text;
  for (const Flag& flag : all->flags) {
    if (!text.empty()) text += ' ';
    if (!flag.names.empty()) text += flag.names.front();
    if (!flag.names.empty() && !flag.value.empty()) text += between;
    if (!flag.value.empty()) text += quoted(flag.value);
  }
  return text;
}

}  // namespace spillway
