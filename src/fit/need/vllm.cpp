#include <fmt/format.h>

#include <algorithm>

#include "fit/need/backends.h"
#include "fit/need/moments.h"
#include "fit/need/overheads.h"
#include "fit/need/precision.h"
#include "fit/need/sum.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kBlock = 16;       // tokens (vllm/config/cache.py)
constexpr std::uint64_t kProfiled = 8192;  // max_num_batched_tokens of the API server
constexpr std::uint64_t kSequences = 256;  // max_num_seqs, all of which the profile run samples
constexpr double kFraction = 0.9;          // --gpu-memory-utilization

Result<TensorType> cache_type(const Shape& shape, const Use& use) {
  if (!use.cache_type_given) return compute_type(shape, use);
  using enum TensorType;
  const bool known = use.cache_k == f32 || use.cache_k == f16 || use.cache_k == bf16 ||
                     use.cache_k == f8_e4m3 || use.cache_k == f8_e5m2;
  if (known && use.cache_k == use.cache_v) return use.cache_k;
  return fail(Errc::invalid, "vLLM keeps K and V in one type, 16 bits or fp8", "--cache-type",
              "f16, bf16 or fp8");
}

// One sequence's blocks; a sliding layer gives its own back once they have left the window.
Amount sequence_bytes(const Shape& shape, const Use& use, TensorType type) {
  Amount bytes = 0;
  for (const Layer& layer : shape.layers) {
    if (layer.kind == LayerKind::recurrent) {
      bytes += (Amount{layer.conv_state} + layer.cell_state) * 4;
    }
    if (layer.kind != LayerKind::full && layer.kind != LayerKind::sliding) continue;
    const bool slides = layer.kind == LayerKind::sliding && shape.window > 0;
    const Amount kept = slides ? std::min(Amount{use.context}, Amount{shape.window} + kProfiled)
                               : Amount{use.context};
    bytes += padded(kept.count, kBlock) * layer.kv_heads *
             (Amount{layer.key_dim} + layer.value_dim) * element_bytes(type);
  }
  return bytes;
}

// The dummy forward that vLLM measures its activations with.
Moment profile_run(const Shape& shape, const Use& use) {
  Use profiled = use;
  profiled.attention = Attention::flash;
  profiled.logits = Logits::last;
  Moment most = widest(moments(shape, profiled, {1, kProfiled}));
  const std::uint64_t element = element_bytes(compute_type(shape, use));
  const Amount sampling = Amount{shape.vocabulary} * kSequences * (element + 2 * 4);
  if (sampling > most.bytes) {
    most = {"profile run, sampling", sampling,
            fmt::format("256 sequences x {} words x ({} + 4 + 4) B", shape.vocabulary, element)};
  }
  return most;
}

}  // namespace

Result<Footprint> vllm_footprint(const Shape& shape, const Use& use) {
  const double fraction = use.vllm_fraction.value_or(kFraction);
  if (!(fraction > 0 && fraction <= 1)) {
    return fail(Errc::invalid, "a fraction of the card is above 0 and at most 1",
                "--gpu-memory-utilization", "0.9");
  }
  if (use.on_cpu || use.gpu_layers || use.context == 0 || use.slots == 0) {
    return fail(Errc::invalid, "vLLM is planned on the GPU, with a context and slots", {},
                "--backend llama.cpp for the CPU");
  }
  const Result<TensorType> type = cache_type(shape, use);
  if (!type) return tl::unexpected(type.error());

  Sum sum;
  sum.exact(PartKind::weights, Where::vram, "weights", loaded_weights(shape, use),
            "tensors as stored, or as converted");
  const Moment most = profile_run(shape, use);
  sum.add({PartKind::compute, Where::vram, most.name, around(most.bytes, 0.8, 1.15),
           Origin::formula, fmt::format("profile run of {} tokens: {}", kProfiled, most.formula)});
  add_process(sum, Backend::vllm, true);
  if (use.cuda_graphs) add_cuda_graphs(sum);

  const Amount sequence = sequence_bytes(shape, use, *type);
  const Amount wanted = sequence * use.slots;
  if (use.card <= Bytes{}) {
    sum.exact(PartKind::kv, Where::vram, "KV blocks", wanted,
              fmt::format("{} sequences x {} tokens in blocks of 16; the rest of its share of the "
                          "card comes on top",
                          use.slots, use.context));
    return sum.take();
  }
  const Bytes share = scaled(use.card, fraction);
  const Bytes left = share - sum.so_far().sum(Where::vram).likely;
  if (left < sequence.bytes()) {
    return fail(Errc::refused,
                fmt::format("vLLM would not start: {} are left for a cache of {}", to_string(left),
                            to_string(sequence.bytes())),
                shape.name, "a shorter --context, a larger --gpu-memory-utilization, or fp8");
  }
  sum.exact(PartKind::kv, Where::vram, "KV blocks", Amount{left},
            fmt::format("what is left of {} x {}: room for {:.1f} sequences of {} tokens", fraction,
                        to_string(use.card), ratio(left, sequence.bytes()), use.context));
  return sum.take();
}

}  // namespace spillway::fit
