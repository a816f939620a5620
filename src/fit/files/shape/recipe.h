#pragma once

#include <cstdint>
#include <string_view>

#include "fit/files/shape/keys.h"
#include "fit/shape.h"

namespace spillway::fit {

/// How transformers builds a model of one model_type (src/transformers/models/*/modeling_*.py) and what it
/// assumes where a config.json does not say (configuration_*.py): config.json leaves defaults out.
struct Recipe {
  std::string_view model_type;
  unsigned traits = 0;
  std::uint64_t embedding = 0, layers = 0, heads = 0;
  std::uint64_t kv_heads = 0, head_dim = 0;  // 0: as many as heads, embedding / heads
  std::uint64_t feed_forward = 0, vocabulary = 0, context = 0, window = 0;
};

/// What is not as in Llama: RMS norms before attention and feed-forward, three matrices in the latter, no
/// biases, an output of its own.
enum Trait : unsigned {
  kTied = 1 << 0,     // unless tie_word_embeddings says otherwise
  kQkvBias = 1 << 1,  // of the three projections into attention
  kOutBias = 1 << 2,  // of the one out of it
  kMlpBias = 1 << 3,
  kPlainMlp = 1 << 4,    // two matrices
  kLayerNorm = 1 << 5,   // norms have a bias too
  kNoNorm = 1 << 6,      // and these have no parameters
  kOneNorm = 1 << 7,     // per layer: attention and feed-forward side by side
  kFourNorms = 1 << 8,   // per layer: after each as well
  kHeadNorm = 1 << 9,    // of query and key, per head
  kWideNorm = 1 << 10,   // of query and key, all heads together
  kPositions = 1 << 11,  // a learned embedding
  kOutputBias = 1 << 12,
  kWordNorm = 1 << 13,  // a norm after the embedding
  kSinks = 1 << 14,     // one number per head
  kRouterBias = 1 << 15,
  kExpertBias = 1 << 16,
  kSharedGate = 1 << 17,  // the shared expert has a gate
  kEncoder = 1 << 18,     // BERT and its kin: keeps no cache
  kSlidesByTwo = 1 << 19,
  kSlidesByFour = 1 << 20,
  kSlidesBySix = 1 << 21,
  kSlidesByFive = 1 << 22,
};

/// That of a model_type; of one that is not known Llama's, with an empty model_type.
const Recipe& recipe_of(std::string_view model_type);

inline bool has(const Recipe& recipe, Trait trait) { return (recipe.traits & trait) != 0; }

/// The part of a config.json that tells of the decoder ("text_config." in a multimodal one).
Keys decoder_keys(const ModelFile& file);

/// Heads, caches and kinds of each layer.
void read_config_layers(const Keys& keys, const Recipe& recipe, Shape& shape);
/// Vision towers, audio encoders, the encoders of encoder-decoder models and of NeMo.
void read_config_encoder(const ModelFile& file, Shape& shape);

/// The weights of a model of which only the configuration is there: parameters by the recipe, in the
/// type that the configuration names.
void weigh_by_formula(const ModelFile& file, const Keys& keys, const Recipe& recipe, Shape& shape);

/// What a model of so many parameters usually looks like.
void guess_figures(std::uint64_t parameters, Shape& shape);

}  // namespace spillway::fit
