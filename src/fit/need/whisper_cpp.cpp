#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fit/need/backends.h"
#include "fit/need/overheads.h"
#include "fit/need/precision.h"
#include "fit/need/sum.h"

namespace spillway::fit {
namespace {

// src/whisper.cpp: 30 s are 1,500 positions and at most 448 tokens, both padded to 256.
constexpr std::uint64_t kPadding = 256;
constexpr std::uint64_t kTextPositions = 448;
constexpr std::uint64_t kAudioPositions = 1500;
constexpr std::uint64_t kMelBands = 128, kMelFrames = 3000;
constexpr std::uint64_t kHalf = 2, kFloat = 4;

// Rows of the model's width that a graph holds beside its widest array. Fitted to one log of
// large-v3-turbo (dsnote 317: conv 36.13, encode 212.29, cross 9.25, decode 99.10 MB).
constexpr double kEncodeRows = 4.2, kCrossRows = 1.2, kDecodeRows = 2.7;

struct Graph {
  const char* name;
  Amount bytes;
  const char* formula;
};

std::array<Graph, 4> graphs(const Shape& shape, const Use& use) {
  const Encoder& encoder = *shape.encoder;
  const Amount d = encoder.embedding;
  const Amount row = d * kAudioPositions * kFloat;
  const bool eager = use.attention == Attention::eager;
  const Amount scores = Amount{encoder.heads} * kAudioPositions * kAudioPositions * kFloat;
  return {{
      {"compute, convolution",
       Amount{kMelFrames} * (d + kMelBands) * kFloat + d * 3 * kAudioPositions * kHalf + row,
       "3000 x (d + 128) x 4 B, 1500 x 3 d x 2 B, 1500 x d x 4 B"},
      {"compute, encoder", row.times(kEncodeRows) + (eager ? scores : Amount{0}),
       eager ? "heads x 1500^2 x 4 B, 4.2 x 1500 x d x 4 B" : "4.2 x 1500 x d x 4 B"},
      {"compute, cross-attention", row.times(kCrossRows), "1.2 x 1500 x d x 4 B"},
      {"compute, decoder",
       (Amount{shape.vocabulary} + d.times(kDecodeRows)) * kTextPositions * kFloat,
       "448 x (vocabulary + 2.7 d) x 4 B"},
  }};
}

}  // namespace

Result<Footprint> whisper_cpp_footprint(const Shape& shape, const Use& use) {
  if (!shape.encoder) {
    return fail(Errc::unsupported, "a whisper model without its encoder", shape.name);
  }
  if (use.cache_type_given && (use.cache_k != TensorType::f16 || use.cache_v != TensorType::f16)) {
    return fail(Errc::invalid, "whisper.cpp keeps its caches in f16", "--cache-type", "f16");
  }
  const Where where = use.on_cpu ? Where::ram : Where::vram;
  const Amount d = shape.encoder->embedding;
  const Amount rows = Amount{shape.layers.size()} * d * 2 * kHalf;  // K and V of all layers
  const std::uint64_t decoders = std::max({use.slots, use.batch, std::uint64_t{1}});
  const Amount text = padded(kTextPositions, kPadding), audio = padded(kAudioPositions, kPadding);

  Sum sum;
  sum.exact(PartKind::weights, where, "weights", Amount{shape.weights}, "tensors as stored");
  sum.exact(PartKind::kv, where, "KV cache, text", rows * text * decoders,
            fmt::format("{} decoders x {} layers x 512 cells x 2 x {} x 2 B", decoders,
                        shape.layers.size(), d.count));
  sum.exact(PartKind::kv, where, "KV cache, audio", rows * audio,
            fmt::format("{} layers x 1536 cells x 2 x {} x 2 B", shape.layers.size(), d.count));
  sum.exact(PartKind::kv, where, "KV cache, padding", d * 2 * kHalf * audio,
            fmt::format("1536 cells x 2 x {} x 2 B", d.count));
  for (const Graph& graph : graphs(shape, use)) {
    sum.add({PartKind::compute, where, graph.name, around(graph.bytes, 0.9, 1.1), Origin::formula,
             graph.formula});
  }
  add_process(sum, Backend::llama_cpp, !use.on_cpu);
  return sum.take();
}

}  // namespace spillway::fit
