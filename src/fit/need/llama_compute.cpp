#include "fit/need/llama_compute.h"

#include <fmt/format.h>

#include <algorithm>

#include "fit/need/encoder_peak.h"

namespace spillway::fit {
namespace {

// From this build on llama-server asks for the logits of one position per slot and lays its graph
// out for that (PR 23861, mended by 23988); before, and in the library, for a whole micro-batch.
constexpr std::uint64_t kFewLogitsBuild = 9460;
constexpr std::uint64_t kFloat = 4;  // everything between the weights is f32

// Prompts of 32 tokens and more are computed on the GPU even where the weights stay on the host: the
// gate and the up matrix of a layer, two thirds of it, are copied over (ggml-cuda's offload_op).
// Qwen3-30B-A3B in f16 so needs 898 MiB (tools/fit-params/README.md); this comes to 856.
constexpr double kStagedShare = 2.0 / 3;

Amount logits_positions(const Use& use, const LlamaCells& cells) {
  const bool few = use.llama_cpp_build == 0 || use.llama_cpp_build >= kFewLogitsBuild;
  return use.logits == Logits::last && few ? std::min(cells.sequences, cells.micro_batch)
                                           : cells.micro_batch;
}

std::uint64_t most_heads(const Shape& shape) {
  std::uint64_t heads = 0;
  for (const Layer& layer : shape.layers) heads = std::max(heads, layer.heads);
  return heads;
}

struct Graph {
  Amount output = 0;   // logits beside the embeddings
  Amount layer = 0;    // gate and up beside the residual and its norm
  Amount experts = 0;  // rows of the experts that a token is sent to
  Amount staged = 0;   // weights of the host that a prompt is computed with here
  Amount scores = 0;   // without flash attention

  Amount at_layer() const { return layer + experts + staged; }
};

Graph graph_of(const Shape& shape, const Use& use, const LlamaCells& cells) {
  const Amount tokens = cells.micro_batch;
  Graph graph;
  graph.output =
      (Amount{shape.vocabulary} * logits_positions(use, cells) + Amount{shape.embedding} * tokens) *
      kFloat;
  graph.layer = (Amount{shape.feed_forward} + shape.embedding) * 2 * tokens * kFloat;
  if (shape.experts > 0) {
    graph.experts = (Amount{shape.expert_feed_forward} * 2 + shape.embedding) *
                    std::max<std::uint64_t>(shape.experts_used, 1) * tokens * kFloat;
  }
  if (use.attention == Attention::eager) {
    graph.scores = Amount{most_heads(shape)} * cells.full * tokens * kFloat;
  }
  return graph;
}

Amount staged_weights(const Shape& shape, const Use& use, const LlamaPlacement& placement) {
  Amount widest = 0;
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    const Layer& layer = shape.layers[i];
    const bool on_host = placement.of_layer(i) == Where::ram;
    if (on_host && shape.experts == 0) widest = std::max(widest, Amount{layer.weights});
    if (on_host || use.experts_on_cpu) widest = std::max(widest, Amount{layer.expert_weights});
  }
  return widest.times(kStagedShare);
}

// The graph's allocator gives the same bytes to tensors that never live together, so the widest
// moment counts: the output, or a layer.
void add_graph(Sum& sum, Where where, const Graph& graph, bool with_output) {
  const bool at_output = with_output && graph.output > graph.at_layer();
  const Amount widest = at_output ? graph.output : graph.at_layer();
  std::string how = at_output ? "(vocabulary x positions + embedding x micro-batch) x 4 B"
                              : "2 x (feed forward + embedding) x micro-batch x 4 B, at a layer";
  if (!at_output && graph.staged.count > 0) {
    how += ", and 2 / 3 of the largest layer on the host, copied over while a prompt is read";
  }
  if (graph.scores.count > 0) how += ", and cells x micro-batch x heads x 4 B";
  sum.add({PartKind::compute, where, "compute buffer",
           around(widest + graph.scores, at_output ? 1.0 : 0.5, at_output ? 1.05 : 1.15),
           Origin::formula, std::move(how)});
}

Amount host_buffer(const Shape& shape, const Use& use, const LlamaCells& cells) {
  const bool slides = std::any_of(shape.layers.begin(), shape.layers.end(), [](const Layer& layer) {
    return layer.kind == LayerKind::sliding;
  });
  const Amount masked = cells.context + (slides && cells.sliding < cells.full ? cells.sliding : 0);
  return masked * cells.micro_batch * (use.attention == Attention::flash ? 2U : 4U) +
         Amount{shape.embedding} * cells.micro_batch * kFloat;
}

}  // namespace

void add_llama_compute(Sum& sum, const Shape& shape, const Use& use, const LlamaCells& cells,
                       const LlamaPlacement& placement) {
  const Graph graph = graph_of(shape, use, cells);
  if (placement.uses_gpu()) {
    Graph on_gpu = graph;
    on_gpu.staged = staged_weights(shape, use, placement);
    add_graph(sum, Where::vram, on_gpu, placement.of_output() == Where::vram);
  }
  if (!placement.whole_on_gpu()) {
    add_graph(sum, Where::ram, graph, placement.of_output() == Where::ram);
  }
  sum.exact(PartKind::compute, Where::ram, "mask and input", host_buffer(shape, use, cells),
            fmt::format("cells x {} tokens x {} B, and embedding x {} x 4 B", cells.micro_batch,
                        use.attention == Attention::flash ? 2 : 4, cells.micro_batch));
  const Amount positions = std::max(logits_positions(use, cells), Amount{cells.sequences});
  sum.exact(PartKind::compute, Where::ram, "logits", Amount{shape.vocabulary} * positions * kFloat,
            fmt::format("{} words x {} positions x 4 B", shape.vocabulary, positions.count));
}

void add_llama_encoder(Sum& sum, const Shape& shape, const Use& use) {
  if (!shape.encoder) return;
  Use with_input = use;
  if (shape.layers.empty()) with_input.images = std::max<std::uint64_t>(use.images, 1);
  const EncoderPeak peak = encoder_peak(*shape.encoder, with_input, TensorType::f32);
  sum.add({PartKind::compute, use.on_cpu ? Where::ram : Where::vram, "encoder's compute buffer",
           peak.bytes, Origin::guess, peak.formula});
}

}  // namespace spillway::fit
