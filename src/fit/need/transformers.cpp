#include <fmt/format.h>

#include <algorithm>

#include "fit/need/backends.h"
#include "fit/need/encoder_peak.h"
#include "fit/need/moments.h"
#include "fit/need/overheads.h"
#include "fit/need/precision.h"
#include "fit/need/sum.h"

namespace spillway::fit {
namespace {

// How far the derived peak may be off where an architecture's code does something of its own.
constexpr double kPeakLow = 0.9, kPeakHigh = 1.07, kEagerHigh = 1.1;

// PyTorch gives cuBLAS 32 MiB on Hopper and Blackwell, 8.125 MiB on others, through its allocator
// (aten/src/ATen/cuda/CublasHandlePool.cpp).
constexpr Range kWorkspace{{(4096 * 2 + 16 * 8) * 1024}, 32_MiB, 32_MiB};

// A tensor of 10 MiB and more gets a segment rounded up to 2 MiB, and what is left over is not given
// to others below 1 MiB (c10/cuda/CUDACachingAllocator.cpp): 0 to 2 % of the weights were measured.
constexpr double kRounding = 0.01, kMostRounding = 0.02;

// Reserved less peak, of what was measured: 1 to 11 % with fused attention. Eager attention's arrays
// do not fit one another's places: 0.2 to 0.6 of the scores more (2 to 6 bytes beside bf16's 10).
constexpr double kSlack = 0.03, kMostSlack = 0.105;
constexpr double kEagerSlack = 0.4, kMostEagerSlack = 0.6;

bool can_cache(TensorType type) {
  return type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16;
}

struct Run {
  const Shape& shape;
  const Use& use;
  Where where;
  TensorType type;        // computed in
  TensorType cache_type;  // K and V
  Batch batch;
  Amount frames = 0;  // of the encoder, which the decoder's cross-attention sees

  bool crosses() const { return shape.family == Family::encoder_decoder && shape.encoder; }
};

Status check(const Use& use) {
  if (use.context == 0 || use.batch == 0) {
    return fail(Errc::invalid, "a context and a batch of at least 1 are needed", {},
                "leave them out for 4096 tokens and 1");
  }
  if (use.cache_type_given && !(can_cache(use.cache_k) && use.cache_k == use.cache_v)) {
    return fail(Errc::invalid, "transformers keeps K and V unquantised, in one type",
                "--cache-type", "f16 or bf16, or --backend llama.cpp");
  }
  if (use.gpu_layers) {
    return fail(Errc::invalid, "layers on the CPU are planned for llama.cpp only", "--gpu-layers",
                "--backend llama.cpp");
  }
  return {};
}

void add_weights(Sum& sum, const Run& run) {
  const Amount weights = loaded_weights(run.shape, run.use);
  sum.exact(PartKind::weights, run.where, "weights", weights,
            run.use.precision ? fmt::format("{} parameters as {}", run.shape.parameters,
                                            layout_of(*run.use.precision).name)
                              : "tensors as stored, a tied one once");
  if (run.where == Where::ram) return;
  sum.add({PartKind::overhead,
           run.where,
           "the allocator's rounding of weights",
           {Bytes{}, weights.times(kRounding).bytes(), weights.times(kMostRounding).bytes()},
           Origin::formula,
           "0 to 2 % measured: tensors in segments of 2 MiB, 1 MiB not given away"});
}

// A sliding layer keeps its window of rows, but as a slice of the whole prompt's array, which lives
// until the next token is decoded (DynamicSlidingWindowLayer in cache_utils.py).
void add_cache(Sum& sum, const Run& run) {
  const Amount tokens = Amount{run.batch.sequences} * run.batch.tokens;
  Amount full = 0, sliding = 0, states = 0, cross = 0;
  for (const Layer& layer : run.shape.layers) {
    const Amount row = cache_row(layer, run.cache_type);
    if (layer.kind == LayerKind::full) full += row;
    if (layer.kind == LayerKind::sliding) sliding += row;
    if (layer.kind == LayerKind::recurrent)
      states += (Amount{layer.conv_state} + layer.cell_state) * 4;
    if (run.crosses()) cross += row;
  }
  const auto rows = [&](Amount row) {
    return fmt::format("{} tokens x {} B in all layers", tokens.count, row.count);
  };
  sum.exact(PartKind::kv, run.where, "KV cache, full layers", full * tokens, rows(full));
  const Amount kept =
      Amount{run.batch.sequences} * std::min(Amount{run.batch.tokens}, Amount{run.shape.window});
  sum.add({PartKind::kv,
           run.where,
           "KV cache, sliding layers",
           {(sliding * kept).bytes(), (sliding * tokens).bytes(), (sliding * tokens).bytes()},
           Origin::formula,
           rows(sliding) + ", the whole prompt until decoding starts"});
  sum.exact(PartKind::kv, run.where, "recurrent states", states * run.batch.sequences,
            fmt::format("{} sequences x {} B", run.batch.sequences, states.count));
  sum.exact(PartKind::kv, run.where, "KV cache of the encoder's output",
            cross * run.frames * run.batch.sequences,
            fmt::format("{} frames x {} B in all layers", run.frames.count, cross.count));
}

void add_compute(Sum& sum, const Run& run) {
  const bool square = scores_held(run.shape, run.use, run.batch) > 0;
  const Moment most = widest(moments(run.shape, run.use, run.batch));
  EncoderPeak encoder;
  if (run.shape.encoder) encoder = encoder_peak(*run.shape.encoder, run.use, run.type);
  if (encoder.bytes.likely > most.bytes.bytes()) {  // they do not run at the same time
    sum.add(
        {PartKind::compute, run.where, "encoder", encoder.bytes, encoder.origin, encoder.formula});
  } else {
    Range bytes = around(most.bytes, kPeakLow, square ? kEagerHigh : kPeakHigh);
    bytes.low = std::min(bytes.low, most.least.bytes());
    sum.add({PartKind::compute, run.where, most.name, bytes, Origin::formula, most.formula});
  }
  if (run.where == Where::vram) {
    sum.add({PartKind::compute, run.where, "cuBLAS workspace", kWorkspace, Origin::formula,
             "32 MiB on Hopper and Blackwell, 8.125 MiB on others"});
  }
}

// What the caching allocator has reserved beyond the peak.
void add_slack(Sum& sum, const Run& run) {
  const Range peak = sum.so_far().sum(run.where, PartKind::weights) +
                     sum.so_far().sum(run.where, PartKind::kv) +
                     sum.so_far().sum(run.where, PartKind::compute);
  const Amount scores = scores_held(run.shape, run.use, run.batch);
  const Amount rest = Amount{std::max(peak.likely - scores.bytes(), Bytes{})};
  sum.add({PartKind::overhead,
           run.where,
           "reserved beyond the peak",
           {Bytes{}, (rest.times(kSlack) + scores.times(kEagerSlack)).bytes(),
            (rest.times(kMostSlack) + scores.times(kMostEagerSlack)).bytes()},
           Origin::formula,
           scores.count > 0 ? "measured: 0.2 to 0.6 of the scores, 1 to 11 % of the rest"
                            : "measured: 1 to 11 % of the peak",
           true});
}

}  // namespace

Result<Footprint> transformers_footprint(const Shape& shape, const Use& use) {
  if (Status checked = check(use); !checked) return tl::unexpected(checked.error());
  Run run{shape, use, use.on_cpu ? Where::ram : Where::vram, compute_type(shape, use), {}, {}};
  run.cache_type = use.cache_type_given ? use.cache_k : run.type;
  run.batch = {use.batch, use.context};
  if (run.crosses()) {  // its text is never longer than it was trained for
    run.frames = encoder_frames(*shape.encoder, use);
    if (shape.trained_context > 0) run.batch.tokens = std::min(use.context, shape.trained_context);
  }
  Sum sum;
  add_weights(sum, run);
  add_cache(sum, run);
  add_compute(sum, run);
  if (!use.on_cpu) add_slack(sum, run);
  add_process(sum, Backend::transformers, !use.on_cpu);
  if (use.cuda_graphs && !use.on_cpu) add_cuda_graphs(sum);
  return sum.take();
}

}  // namespace spillway::fit
