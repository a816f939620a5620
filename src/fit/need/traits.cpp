#include "fit/need/traits.h"

#include <array>

namespace spillway::fit {
namespace {

constexpr Traits kLlama{.architecture = ""};
constexpr std::array kTraits = {
    // gate_up_proj: the joint array, the activated gate and the product
    Traits{.architecture = "phi3", .wide_rows = 4, .joint_qkv = true},
    Traits{.architecture = "glm", .wide_rows = 4},
    Traits{.architecture = "glm4", .wide_rows = 4},
    Traits{.architecture = "chatglm", .wide_rows = 4, .joint_qkv = true},
    Traits{.architecture = "qwen3", .head_norm = true},
    Traits{.architecture = "qwen3_moe", .head_norm = true},
    Traits{.architecture = "qwen3moe", .head_norm = true},
    Traits{.architecture = "gemma3", .head_norm = true},
    Traits{.architecture = "gemma3_text", .head_norm = true},
    Traits{.architecture = "olmo2", .head_norm = true},
    // a sink beside the scores: they, the two together, and the softmax of that
    Traits{.architecture = "gpt_oss", .own_type_scores = 3},
    Traits{.architecture = "gpt-oss", .own_type_scores = 3},
    // no gate: the widened array and what the activation makes of it
    Traits{.architecture = "opt", .wide_rows = 2},
    Traits{.architecture = "falcon", .wide_rows = 2, .joint_qkv = true},
    Traits{.architecture = "gpt_neox", .wide_rows = 2, .joint_qkv = true},
    Traits{.architecture = "starcoder2", .wide_rows = 2},
    Traits{.architecture = "whisper", .wide_rows = 2, .own_type_scores = 2},
    Traits{.architecture = "bert", .wide_rows = 2, .own_type_scores = 2},
    Traits{.architecture = "roberta", .wide_rows = 2, .own_type_scores = 2},
    Traits{.architecture = "xlm-roberta", .wide_rows = 2, .own_type_scores = 2},
    Traits{.architecture = "distilbert", .wide_rows = 2, .own_type_scores = 2},
    Traits{.architecture = "mpnet", .wide_rows = 2, .own_type_scores = 2},
    // gelu_new, written out in Python: x, x / 2 and two terms of the cube
    Traits{.architecture = "gpt2", .wide_rows = 4, .joint_qkv = true, .own_type_scores = 2},
    Traits{.architecture = "gptj", .wide_rows = 4},
    Traits{.architecture = "phi", .wide_rows = 4},
    Traits{.architecture = "bloom", .wide_rows = 4, .joint_qkv = true},
};

}  // namespace

const Traits& traits_of(std::string_view architecture) {
  for (const Traits& traits : kTraits) {
    if (traits.architecture == architecture) return traits;
  }
  return kLlama;
}

}  // namespace spillway::fit
