#include "fit/choose/use_options.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 40;  // no context, batch or count is beyond

template <class Enum>
struct Word {
  std::string_view word;
  Enum value;
};

constexpr std::array<Word<Backend>, 4> kBackends{{{"llama.cpp", Backend::llama_cpp},
                                                  {"transformers", Backend::transformers},
                                                  {"onnxruntime", Backend::onnxruntime},
                                                  {"vllm", Backend::vllm}}};
constexpr std::array<Word<Attention>, 2> kAttentions{
    {{"flash", Attention::flash}, {"eager", Attention::eager}}};
constexpr std::array<Word<Logits>, 2> kLogits{{{"last", Logits::last}, {"all", Logits::all}}};
constexpr std::array<Word<bool>, 2> kFlags{{{"true", true}, {"false", false}}};

template <class Enum, std::size_t N>
Result<Enum> find(const std::array<Word<Enum>, N>& words, std::string_view text) {
  std::string known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  return fail(Errc::invalid, "is not known", std::string(text), "one of " + known);
}

template <class Enum, std::size_t N>
std::string_view word_of(const std::array<Word<Enum>, N>& words, Enum value) {
  return std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.value == value; })
      ->word;
}

Result<std::uint64_t> count(std::string_view text, std::uint64_t least) {
  const auto number = parse_u64(text);
  if (number && *number >= least && *number <= kMost) return *number;
  return fail(Errc::invalid, "is no count from " + std::to_string(least), std::string(text));
}

Result<TensorType> type(std::string_view text) {
  const auto found = find_tensor_type(text);
  if (found) return *found;
  return fail(Errc::invalid, "is no type of numbers", std::string(text),
              "such as f16, bf16, q8_0, q4_0, int8");
}

/// Writes a value into `to`, or passes the error on.
template <class T, class U>
Status put(U& to, Result<T> value) {
  if (!value) return tl::unexpected(std::move(value.error()));
  to = *value;
  return {};
}

template <std::uint64_t Use::*Member, std::uint64_t Least>
Status set_count(Use& use, std::string_view text) {
  return put(use.*Member, count(text, Least));
}
template <bool Use::*Member>
Status set_flag(Use& use, std::string_view text) {
  return put(use.*Member, find(kFlags, text));
}

Status set_cache_type(Use& use, std::string_view text) {
  const auto found = type(text);
  if (!found) return tl::unexpected(found.error());
  use.cache_k = use.cache_v = *found;
  use.cache_type_given = true;
  return {};
}

Status set_audio(Use& use, std::string_view text) {
  const auto seconds = parse_decimal(text);
  if (!seconds || *seconds < 0 || *seconds > 1e9) {
    return fail(Errc::invalid, "is no length of time", std::string(text), "in seconds, such as 30");
  }
  use.audio_seconds = *seconds;
  return {};
}

Status set_share(Use& use, std::string_view text) {
  const auto share = parse_decimal(text);
  if (!share || *share <= 0 || *share > 1) {
    return fail(Errc::invalid, "is no share", std::string(text), "above 0 and up to 1");
  }
  use.vllm_fraction = *share;
  return {};
}

constexpr std::array<UseOption, 18> kOptions{{
    {"backend", "NAME", "llama.cpp, transformers, onnxruntime or vllm",
     [](Use& use, std::string_view text) { return put(use.backend, find(kBackends, text)); }},
    {"context", "N", "Tokens of one sequence (4096)", set_count<&Use::context, 1>},
    {"slots", "N", "Sequences kept at once (1)", set_count<&Use::slots, 1>},
    {"cache_type", "TYPE", "Of the KV cache: f16, q8_0, q4_0 ...", set_cache_type},
    {"attention", "KIND", "flash (fused) or eager",
     [](Use& use, std::string_view text) { return put(use.attention, find(kAttentions, text)); }},
    {"precision", "TYPE", "Weights converted when loaded: fp16 ...",
     [](Use& use, std::string_view text) { return put(use.precision, type(text)); }},
    {"logits", "WHICH", "last or all: of which positions",
     [](Use& use, std::string_view text) { return put(use.logits, find(kLogits, text)); }},
    {"batch", "N", "Sequences computed at once (1)", set_count<&Use::batch, 1>},
    {"micro_batch", "N", "Tokens computed at once (512)", set_count<&Use::micro_batch, 1>},
    {"gpu_layers", "N", "Layers on the GPU (all)",
     [](Use& use, std::string_view text) { return put(use.gpu_layers, count(text, 0)); }},
    {"on_cpu", "BOOL", "Nothing in VRAM", set_flag<&Use::on_cpu>},
    {"experts_on_cpu", "BOOL", "The experts in RAM", set_flag<&Use::experts_on_cpu>},
    {"mmap", "BOOL", "Weights mapped from the file (true)", set_flag<&Use::mmap>},
    {"audio_seconds", "SECONDS", "The longest input of a speech model", set_audio},
    {"images", "N", "Images in one prompt (0)", set_count<&Use::images, 0>},
    {"llama_cpp_build", "N", "Its build number (the newest known)",
     set_count<&Use::llama_cpp_build, 0>},
    {"unified_cache", "BOOL", "The slots share one cache (true)", set_flag<&Use::unified_cache>},
    {"gpu_memory_utilization", "SHARE", "What vLLM takes of the card (0.9)", set_share},
}};

}  // namespace

std::span<const UseOption> use_options() { return kOptions; }

Status set_use(Use& use, std::string_view name, std::string_view text) {
  for (const UseOption& option : kOptions) {
    if (option.name == name) return option.apply(use, text);
  }
  return fail(Errc::invalid, "is not known", std::string(name));
}

std::string_view name(Backend backend) { return word_of(kBackends, backend); }
std::string_view name(Attention attention) { return word_of(kAttentions, attention); }

}  // namespace spillway::fit
