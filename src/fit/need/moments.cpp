#include "fit/need/moments.h"

#include <fmt/format.h>

#include <algorithm>

#include "fit/need/precision.h"
#include "fit/need/traits.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kIndex = 8;  // one-hot masks and positions are int64
constexpr std::uint64_t kFloat = 4;

// PyTorch's math kernel, in f32: scores, their softmax, a mask of booleans; 9.3 to 9.6 were measured
// (ComfyUI pull request 15135: 28 heads, 4,000 and 8,000 tokens).
constexpr std::uint64_t kMathScores = 10;

// DeepSeek's published models all have these where the file does not say.
constexpr std::uint64_t kMlaKey = 192, kMlaValue = 128;

bool latent(const Layer& layer) { return layer.value_dim == 0; }

bool grouped(const Layer& layer) { return layer.kv_heads < layer.heads && !latent(layer); }

// The kernels that know shared heads know 16 bits only, and the one for f32 wants as many K and V
// heads as Q (sdp_utils.cpp; pytorch pull request 181528).
bool needs_math_kernel(const Layer& layer, TensorType type) {
  return grouped(layer) && element_bytes(type) >= kFloat;
}

struct Widths {
  Amount query, key, value;
};

Widths widths(const Layer& layer) {
  if (!latent(layer)) {
    return {Amount{layer.heads} * layer.key_dim, Amount{layer.kv_heads} * layer.key_dim,
            Amount{layer.kv_heads} * layer.value_dim};
  }
  const Amount key = layer.mla_key_dim > 0 ? layer.mla_key_dim : kMlaKey;
  const Amount value = layer.mla_value_dim > 0 ? layer.mla_value_dim : kMlaValue;
  return {key * layer.heads, key * layer.heads, value * layer.heads};
}

struct Held {
  const Shape& shape;
  const Use& use;
  const Batch& batch;
  const Traits& traits;
  TensorType type;
  std::uint64_t element;
  Amount masks;

  Amount tokens() const { return Amount{batch.sequences} * batch.tokens; }
  Amount pairs() const { return tokens() * batch.tokens; }
  bool eager() const { return use.attention == Attention::eager; }
  bool windowed(const Layer& layer) const {
    return layer.kind == LayerKind::sliding && shape.window > 0 && batch.tokens > shape.window;
  }
  // Every moment has these: the embeddings that the model's frame still names, the layer's input
  // that its caller names (and that is the residual), cosines and sines, the positions, the masks.
  Amount always(const Layer& layer) const {
    const Amount rope = Amount{latent(layer) ? 0 : layer.key_dim} * 2 * batch.tokens * element;
    return Amount{shape.embedding} * 2 * element * tokens() + rope + Amount{kIndex} * batch.tokens +
           masks;
  }
};

// Eager attention adds a mask of numbers, one for each kind of layer; the fused kernels need none
// but for windows shorter than the prompt, and that one is of booleans.
Amount masks_of(const Held& held) {
  bool full = false, sliding = false, windowed = false;
  for (const Layer& layer : held.shape.layers) {
    full |= layer.kind == LayerKind::full;
    sliding |= layer.kind == LayerKind::sliding;
    windowed |= held.windowed(layer);
  }
  if (held.eager()) return held.pairs() * held.element * ((full ? 1U : 0U) + (sliding ? 1U : 0U));
  return windowed ? held.pairs() : Amount{0};
}

Moment feed_forward(const Held& held, const Layer& layer) {
  const Shape& shape = held.shape;
  // the sum after attention (a residual of its own) and its norm
  const Amount rows =
      Amount{shape.embedding} * 2 + Amount{shape.feed_forward} * held.traits.wide_rows;
  return {"feed-forward of the last layer",
          held.always(layer) + rows * held.element * held.tokens(),
          fmt::format("tokens x {} B x (4 x {} + {} x {})", held.element, shape.embedding,
                      held.traits.wide_rows, shape.feed_forward)};
}

// transformers 5 sorts every token's copies by expert and multiplies them all at once
// (integrations/moe.py, grouped_mm_experts_forward): the rows, what the experts made of them, that
// weighed, and that back in order; or the rows, gate and up, and their product twice.
// transformers 4 takes one expert after another: its share of the tokens doubled (routing is
// uneven), the sum of all outputs, and a one-hot mask of who goes where.
Moment experts(const Held& held, const Layer& layer) {
  const Shape& shape = held.shape;
  const Amount d = shape.embedding, wide = shape.expert_feed_forward;
  const Amount used = std::max<std::uint64_t>(shape.experts_used, 1);
  const Amount normed = held.always(layer) + d * 2 * held.element * held.tokens();
  const Amount together = std::max(d * 4, d + wide * 4) * held.element + 4 * kIndex;
  const double share = std::min(1.0, 2 * used.real() / std::max(1.0, Amount{shape.experts}.real()));
  const Amount in_turn = ((wide * 3 + d * 2) * held.element).times(share) + d * held.element +
                         used * shape.experts * kIndex;
  return {"experts of the last layer", normed + used * together * held.tokens(),
          fmt::format("tokens x {} experts x {} B, and tokens x {} B x 4 x {}", used.count,
                      together.count, held.element, d.count),
          normed + in_turn * held.tokens()};
}

Moment norm(const Held& held, const Layer& layer) {
  const Amount d = held.shape.embedding;
  return {"norm", held.always(layer) + d * (held.element + 2 * kFloat) * held.tokens(),
          "embeddings and residual, and the norm's two copies in f32"};
}

// q and k turned by their positions: the old q beside the two products and the rotated half.
Moment rotation(const Held& held, const Layer& layer) {
  const Widths w = widths(layer);
  const Amount products = w.query * 4 * held.element;
  const Amount norms = held.traits.head_norm ? w.query * (held.element + 2 * kFloat) : Amount{0};
  Amount rows = Amount{held.shape.embedding} * held.element +
                std::max(products + (w.key + w.value) * held.element, norms);
  if (held.traits.joint_qkv) rows += w.query * held.element;
  return {"rotary embedding", held.always(layer) + rows * held.tokens(),
          "embeddings, residual and norm, q, k and v, and three products as wide as q"};
}

Moment scores(const Held& held, const Layer& layer, const char* name, Amount rows,
              std::uint64_t per_pair) {
  const Amount bytes = held.always(layer) + rows * held.element * held.tokens() +
                       held.pairs() * layer.heads * per_pair;
  return {
      name, bytes,
      fmt::format("{} B x {} heads x tokens^2, and the masks, and tokens x {} B x (2 x {} + {})",
                  per_pair, layer.heads, held.element, held.shape.embedding, rows.count)};
}

Moment attention(const Held& held, const Layer& layer) {
  const Widths w = widths(layer);
  const bool math = needs_math_kernel(layer, held.type) && !held.windowed(layer);
  // K and V are repeated for the heads that share them, unless the fused kernel does so itself,
  // which it does where no mask is handed to it.
  const bool repeats = grouped(layer) && (held.eager() || math || held.windowed(layer));
  Amount rows = Amount{held.shape.embedding} + w.query * (held.eager() ? 1U : 3U);
  if (repeats) rows += w.query * 2;
  if (held.traits.joint_qkv) rows += w.query + w.key + w.value;
  if (held.eager()) {
    return scores(held, layer, "eager attention of the last layer", rows,
                  score_bytes(held.type, held.traits.own_type_scores));
  }
  if (math) return scores(held, layer, "attention that no fused kernel can do", rows, kMathScores);
  Amount bytes = held.always(layer) + rows * held.element * held.tokens();
  if (held.windowed(layer)) bytes += held.pairs() * held.element;  // the mask as numbers
  return {"fused attention", bytes, "embeddings, residual and norm, q and what comes of it"};
}

Moment logits(const Held& held) {
  const Amount d = held.shape.embedding;
  const bool all = held.use.logits == Logits::all;
  const Amount positions = all ? held.tokens() : Amount{held.batch.sequences};
  // generate() takes the last position's in f32.
  return {"logits",
          d * 3 * held.element * held.tokens() + positions * held.shape.vocabulary * held.element +
              Amount{held.batch.sequences} * held.shape.vocabulary * kFloat,
          fmt::format("{} positions x {} words x {} B, and tokens x {} B x 3 x {}", positions.count,
                      held.shape.vocabulary, held.element, held.element, held.shape.embedding)};
}

// A layer's keys are copied to a place one token longer; eager attention repeats K and V as well.
Moment decoding(const Held& held, const Layer& layer) {
  const Widths w = widths(layer);
  Amount row = std::max(w.key, w.value);
  if (held.eager() && grouped(layer)) {
    row += w.query * 2;
  }
  return {"a decoding step",
          row * held.element * held.tokens() +
              Amount{held.batch.sequences} * held.shape.vocabulary * (held.element + kFloat),
          "a layer's keys copied to a place one token longer, and the logits of one position"};
}

bool attends(const Layer& layer) { return layer.heads > 0 && layer.key_dim > 0; }

// Of a mixture's layers, the first few may have no experts.
bool routed(const Layer& layer) { return layer.expert_weights > Bytes{}; }

bool alike(const Layer& a, const Layer& b) {
  return a.kind == b.kind && a.heads == b.heads && a.kv_heads == b.kv_heads &&
         a.key_dim == b.key_dim && a.value_dim == b.value_dim && routed(a) == routed(b);
}

}  // namespace

std::uint64_t score_bytes(TensorType type, std::uint64_t own_type_arrays) {
  const std::uint64_t element = element_bytes(type);
  if (own_type_arrays > 0) return own_type_arrays * element;
  if (element >= kFloat) return 2 * element;
  return type == TensorType::bf16 ? element + 2 * kFloat : 2 * element + kFloat;
}

Amount cache_row(const Layer& layer, TensorType type) {
  const Widths w = widths(layer);
  return (w.key + w.value) * element_bytes(type);
}

Amount scores_held(const Shape& shape, const Use& use, const Batch& batch) {
  const TensorType type = compute_type(shape, use);
  const bool eager = use.attention == Attention::eager;
  Amount most = 0;
  for (const Layer& layer : shape.layers) {
    const bool math = layer.kind == LayerKind::full && needs_math_kernel(layer, type);
    if (eager || math) most = std::max(most, Amount{layer.heads});
  }
  const std::uint64_t per_pair =
      eager ? score_bytes(type, traits_of(shape.architecture).own_type_scores) : kMathScores;
  return most * batch.sequences * batch.tokens * batch.tokens * per_pair;
}

std::vector<Moment> moments(const Shape& shape, const Use& use, const Batch& batch) {
  const TensorType type = compute_type(shape, use);
  Held held{shape, use, batch, traits_of(shape.architecture), type, element_bytes(type), 0};
  held.masks = masks_of(held);
  std::vector<Moment> all{logits(held)};
  std::vector<const Layer*> seen;
  for (const Layer& layer : shape.layers) {
    if (std::any_of(seen.begin(), seen.end(), [&](const Layer* s) { return alike(*s, layer); })) {
      continue;
    }
    seen.push_back(&layer);
    all.push_back(routed(layer) ? experts(held, layer) : feed_forward(held, layer));
    all.push_back(norm(held, layer));
    if (!attends(layer)) continue;
    all.push_back(rotation(held, layer));
    all.push_back(attention(held, layer));
    all.push_back(decoding(held, layer));
  }
  return all;
}

Moment widest(const std::vector<Moment>& all) {
  const auto most = std::max_element(
      all.begin(), all.end(), [](const Moment& a, const Moment& b) { return a.bytes < b.bytes; });
  return most == all.end() ? Moment{"", 0, ""} : *most;
}

}  // namespace spillway::fit
