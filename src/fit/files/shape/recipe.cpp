#include "fit/files/shape/recipe.h"

#include <algorithm>
#include <array>

namespace spillway::fit {
namespace {

constexpr unsigned kAllBias = kQkvBias | kOutBias | kMlpBias;
constexpr unsigned kGptNeoX = kAllBias | kPlainMlp | kLayerNorm;
constexpr unsigned kBert = kEncoder | kGptNeoX | kTied | kPositions | kWordNorm;

constexpr auto kRecipes = std::to_array<Recipe>({
    {"llama", 0, 4096, 32, 32, 0, 0, 11008, 32000, 2048},
    {"mistral", 0, 4096, 32, 32, 8, 0, 14336, 32000, 131072},
    {"ministral", 0, 4096, 32, 32, 8, 0, 14336, 32000, 131072},
    {"mistral3", 0},
    {"mixtral", 0, 4096, 32, 32, 8, 0, 14336, 32000, 131072},
    {"llama4_text", 0, 5120, 48, 40, 8, 128, 8192, 202048, 131072},
    {"smollm3", kTied, 2048, 36, 16, 4, 0, 11008, 128256, 32768},
    {"granite", kTied, 4096, 32, 32, 0, 0, 11008, 32000, 2048},
    {"granitemoe", kTied, 4096, 32, 32, 0, 0, 11008, 32000, 2048},
    {"granitemoehybrid", kTied},
    {"exaone", 0},
    {"exaone4", kHeadNorm | kSlidesByFour},
    {"internlm2", 0},
    {"internlm3", 0},
    {"minicpm", kTied},
    {"minicpm3", kTied},
    {"baichuan", 0},
    {"yi", 0},
    {"seed_oss", kQkvBias},
    {"ernie4_5", kTied},
    {"hunyuan_v1_dense", kHeadNorm | kTied},
    {"qwen2", kQkvBias, 4096, 32, 32, 32, 0, 22016, 151936, 32768},
    {"qwen2_moe", kQkvBias | kSharedGate, 2048, 24, 16, 16, 0, 5632, 151936, 32768},
    {"qwen2_vl_text", kQkvBias, 8192, 80, 64, 8, 0, 29568, 152064, 32768},
    {"qwen2_vl", kQkvBias, 8192, 80, 64, 8, 0, 29568, 152064, 32768},
    {"qwen2_5_vl_text", kQkvBias, 8192, 80, 64, 8, 0, 29568, 152064, 32768},
    {"qwen2_5_vl", kQkvBias, 8192, 80, 64, 8, 0, 29568, 152064, 32768},
    {"qwen3", kHeadNorm, 4096, 32, 32, 32, 128, 22016, 151936, 32768},
    {"qwen3_moe", kHeadNorm, 2048, 24, 32, 4, 128, 6144, 151936, 32768},
    {"qwen3_vl_text", kHeadNorm, 4096, 32, 32, 32, 128, 22016, 151936, 128000},
    {"qwen3_next", kHeadNorm | kSharedGate, 2048, 48, 16, 2, 256, 5632, 151936, 32768},
    {"gemma", kTied, 3072, 28, 16, 16, 256, 24576, 256000, 8192},
    {"gemma2", kTied | kFourNorms | kSlidesByTwo, 2304, 26, 8, 4, 256, 9216, 256000, 8192, 4096},
    {"gemma3_text", kTied | kFourNorms | kHeadNorm | kSlidesBySix, 2304, 26, 8, 4, 256, 9216,
     262208, 131072, 4096},
    {"gemma3n_text", kTied | kFourNorms | kHeadNorm | kSlidesByFive, 2048, 35, 8, 2, 256, 16384,
     262400, 32768, 512},
    {"phi", kAllBias | kPlainMlp | kLayerNorm | kOneNorm | kOutputBias, 2048, 24, 32, 0, 0, 8192,
     51200, 2048},
    {"phi3", 0, 3072, 32, 32, 0, 0, 8192, 32064, 4096},
    {"phi3_v", 0, 3072, 32, 32, 0, 0, 8192, 32064, 4096},
    {"phi4mm", 0},
    {"phimoe", kLayerNorm | kQkvBias | kOutBias | kOutputBias},
    {"deepseek", 0},
    {"deepseek_v2", 0},
    {"deepseek_v3", 0},
    {"deepseek_v32", 0},
    {"kimi_k2", 0},
    {"gpt_oss", kQkvBias | kOutBias | kSinks | kRouterBias | kExpertBias | kSlidesByTwo, 2880, 36,
     64, 8, 64, 2880, 201088, 131072, 128},
    {"olmo", kNoNorm},
    {"olmo2", kWideNorm},
    {"olmo3", kWideNorm | kSlidesByFour},
    {"olmoe", kWideNorm, 2048, 16, 16, 16, 0, 2048, 50304, 4096},
    {"cohere", kTied | kOneNorm, 8192, 40, 64, 0, 0, 22528, 256000, 8192},
    {"cohere2", kTied | kOneNorm | kSlidesByFour, 8192, 40, 64, 0, 0, 22528, 256000, 8192, 4096},
    {"stablelm", kLayerNorm, 2560, 32, 32, 32, 0, 6912, 50304, 4096},
    {"starcoder2", kTied | kAllBias | kPlainMlp | kLayerNorm, 3072, 30, 24, 2, 0, 12288, 49152,
     4096},
    {"glm", kQkvBias, 4096, 40, 32, 2, 128, 13696, 151552, 131072},
    {"glm4", kQkvBias | kFourNorms, 4096, 40, 32, 2, 128, 13696, 151552, 131072},
    {"glm4_moe", kQkvBias, 4096, 46, 96, 8, 128, 10944, 151552, 131072},
    {"chatglm", kQkvBias},
    {"nemotron", kPlainMlp | kLayerNorm},
    {"nemotron_h", kPlainMlp},
    {"dbrx", 0},
    {"gpt2", kTied | kGptNeoX | kPositions, 768, 12, 12, 0, 0, 3072, 50257, 1024},
    {"gpt_bigcode", kTied | kGptNeoX | kPositions, 768, 12, 12, 0, 0, 3072, 50257, 1024},
    {"gpt_neox", kGptNeoX, 6144, 44, 64, 0, 0, 24576, 50432, 2048},
    {"gptj", kMlpBias | kPlainMlp | kLayerNorm | kOneNorm | kOutputBias, 4096, 28, 16, 0, 0, 16384,
     50400, 2048},
    {"bloom", kTied | kGptNeoX | kWordNorm, 64, 2, 8, 0, 0, 0, 250880, 0},
    {"opt", kTied | kGptNeoX | kPositions, 768, 12, 12, 0, 0, 3072, 50272, 2048},
    {"falcon", kTied | kPlainMlp | kLayerNorm | kOneNorm, 4544, 32, 71, 0, 0, 0, 65024, 2048},
    {"mpt", kTied | kPlainMlp, 2048, 24, 16, 0, 0, 0, 50368, 2048},
    {"mamba", kTied, 768, 32, 0, 0, 0, 0, 50280, 0},
    {"mamba2", 0, 4096, 64, 0, 0, 0, 0, 32768, 0},
    {"falcon_mamba", kTied, 4096, 64, 0, 0, 0, 0, 65024, 0},
    {"falcon_h1", 0},
    {"jamba", 0, 4096, 32, 32, 8, 0, 14336, 65536, 262144},
    {"bamba", 0},
    {"lfm2", kTied | kHeadNorm},
    {"lfm2_moe", kTied | kHeadNorm},
    {"recurrent_gemma", kTied, 2560, 26, 10, 0, 0, 7680, 256000, 0},
    {"kimi_linear", 0},
    {"minimax", 0},
    {"rwkv", 0},
    {"bert", kBert, 768, 12, 12, 0, 0, 3072, 30522, 512},
    {"roberta", kBert, 768, 12, 12, 0, 0, 3072, 50265, 512},
    {"xlm-roberta", kBert, 768, 12, 12, 0, 0, 3072, 30522, 512},
    {"camembert", kBert, 768, 12, 12, 0, 0, 3072, 30522, 512},
    {"mpnet", kBert, 768, 12, 12, 0, 0, 3072, 30527, 512},
    {"electra", kBert, 256, 12, 4, 0, 0, 1024, 30522, 512},
    {"distilbert", kBert, 768, 6, 12, 0, 0, 3072, 30522, 512},
    {"albert", kBert, 4096, 12, 64, 0, 0, 16384, 30000, 512},
    {"deberta", kBert, 768, 12, 12, 0, 0, 3072, 50265, 512},
    {"deberta-v2", kBert, 1536, 24, 24, 0, 0, 6144, 128100, 512},
    {"nomic_bert", kEncoder | kTied | kLayerNorm | kWordNorm},
    {"new", kEncoder | kTied | kLayerNorm | kWordNorm | kQkvBias},
    {"modernbert", kEncoder | kTied, 768, 22, 12, 0, 0, 1152, 50368, 8192},
});

}  // namespace

const Recipe& recipe_of(std::string_view model_type) {
  static constexpr Recipe kUnknown{};
  const auto found = std::find_if(kRecipes.begin(), kRecipes.end(),
                                  [&](const Recipe& r) { return r.model_type == model_type; });
  return found == kRecipes.end() ? kUnknown : *found;
}

Keys decoder_keys(const ModelFile& file) {
  constexpr auto kScopes = std::to_array<std::string_view>(
      {"text_config.", "thinker_config.text_config.", "llm_config.", "language_config.",
       "language_model_config.", "lm_config.", "llm_cfg.", "decoder."});
  for (const std::string_view scope : kScopes) {
    Keys keys(file, std::string(scope));
    if (!keys.text({"model_type"}).empty() || keys.number({"hidden_size", "d_model"})) return keys;
  }
  return {file, ""};
}

}  // namespace spillway::fit
