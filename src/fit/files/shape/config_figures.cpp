#include <algorithm>

#include "fit/files/shape/parts_of_shape.h"
#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

using std::string_view;
using std::uint64_t;

void read_experts(const Keys& keys, Shape& shape) {
  shape.experts = keys.number({"num_local_experts", "n_routed_experts", "num_experts",
                               "moe_num_experts", "ffn_config.moe_num_experts"},
                              0);
  if (shape.experts <= 1) shape.experts = 0;
  if (shape.experts == 0) return;
  shape.experts_used =
      keys.number({"num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_top_k",
                   "moe_topk", "moe_k", "ffn_config.moe_top_k"},
                  0);
  shape.expert_feed_forward =
      keys.number({"moe_intermediate_size", "expert_intermediate_size",
                   "ffn_config.ffn_hidden_size", "intermediate_size", "ffn_hidden_size"},
                  shape.feed_forward);
}

void read_dtype(const ModelFile& file, const Keys& keys, Shape& shape) {
  string_view name = keys.text({"dtype", "torch_dtype"});
  if (name.empty()) name = Keys(file, "").text({"dtype", "torch_dtype"});
  if (name.starts_with("torch.")) name.remove_prefix(6);
  const auto type = find_tensor_type(name);
  shape.dtype_known = type.has_value();
  shape.dtype = type.value_or(TensorType::f16);
}

}  // namespace

bool read_config_figures(const ModelFile& file, Shape& shape) {
  const Keys root(file, "");
  const Keys keys = decoder_keys(file);
  const string_view type = keys.text({"model_type"});
  shape.architecture = root.text({"model_type"});
  if (shape.architecture.empty()) shape.architecture = type;
  const Recipe& recipe = recipe_of(type.empty() ? string_view(shape.architecture) : type);
  if (const string_view name = root.text({"_name_or_path"}); !name.empty() && name.front() != '/') {
    shape.name = name;
  }

  shape.embedding =
      keys.number({"hidden_size", "n_embd", "d_model", "dim", "model_dim"}, recipe.embedding);
  shape.feed_forward =
      keys.number({"decoder_ffn_dim", "intermediate_size", "n_inner", "ffn_dim", "d_ff",
                   "ffn_hidden_size", "hidden_dim", "feed_forward_proj_dim"},
                  recipe.feed_forward);
  if (shape.feed_forward == 0) shape.feed_forward = 4 * shape.embedding;
  shape.vocabulary = keys.number({"vocab_size", "padded_vocab_size"},
                                 root.number({"vocab_size"}, recipe.vocabulary));
  shape.trained_context =
      keys.number({"max_target_positions", "max_position_embeddings", "n_positions", "n_ctx",
                   "max_sequence_length", "max_seq_len", "seq_length"},
                  recipe.context);
  read_experts(keys, shape);
  read_dtype(file, keys, shape);
  read_config_layers(keys, recipe, shape);
  shape.family = has(recipe, kEncoder) ? Family::encoder : Family::decoder;
  read_config_encoder(file, shape);
  const bool usually_tied = has(recipe, kTied) || shape.family == Family::encoder_decoder;
  shape.tied = keys.flag({"tie_word_embeddings"})
                   .value_or(root.flag({"tie_word_embeddings"}).value_or(usually_tied));

  if (shape.embedding == 0 && shape.encoder) shape.embedding = shape.encoder->embedding;
  const bool tells = shape.embedding > 0 && (!shape.layers.empty() || shape.encoder);
  if (!tells) shape.family = Family::other;
  return tells;
}

}  // namespace spillway::fit
