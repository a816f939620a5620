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

constexpr double kLow = 0.6, kHigh = 1.15;  // of what a graph that nobody measured computes with

// Where the graph says nothing of its layers: accelerate's rule of a fifth of the weights.
constexpr double kUnknownShare = 0.2, kMostUnknownShare = 0.35;

// Growing by kNextPowerOfTwo, each region of the arena is twice the last, from 1 MiB on, and none
// goes back before the session ends (onnxruntime/core/framework/bfc_arena.cc).
Amount arena_for(Amount need) {
  Amount reserved = 0, region = Amount{1_MiB};
  while (reserved < need) {
    reserved += region;
    region = region * 2;
  }
  return reserved;
}

void add_cache(Sum& sum, const Shape& shape, const Use& use, Where where) {
  const TensorType type = compute_type(shape, use);
  Amount rows = 0;
  for (const Layer& layer : shape.layers) {
    const bool caches = layer.kind == LayerKind::full || layer.kind == LayerKind::sliding;
    if (caches) rows += cache_row(layer, type);
  }
  const Amount once = rows * use.context * use.batch;
  sum.add({PartKind::kv,
           where,
           "KV cache, past and present",
           {once.bytes(), (once * 2).bytes(), (once * 2).bytes()},
           Origin::formula,
           fmt::format("2 x {} tokens x {} B: a step writes a new one beside the old", use.context,
                       rows.count)});
}

void add_compute(Sum& sum, const Shape& shape, const Use& use, Where where) {
  if (!shape.encoder && shape.layers.empty()) {
    const Amount weights = loaded_weights(shape, use);
    sum.add(
        {PartKind::compute,
         where,
         "the graph's arrays",
         {Bytes{}, weights.times(kUnknownShare).bytes(), weights.times(kMostUnknownShare).bytes()},
         Origin::guess,
         "a fifth of the weights: the graph says nothing of its layers"});
    return;
  }
  const Moment decoder = widest(moments(shape, use, {use.batch, use.context}));
  EncoderPeak encoder;
  if (shape.encoder) encoder = encoder_peak(*shape.encoder, use, compute_type(shape, use));
  if (encoder.bytes.likely > decoder.bytes.bytes()) {
    sum.add({PartKind::compute, where, "encoder", encoder.bytes, encoder.origin, encoder.formula});
  } else {
    sum.add({PartKind::compute, where, decoder.name, around(decoder.bytes, kLow, kHigh),
             Origin::guess, decoder.formula + "; as PyTorch holds it"});
  }
}

void add_arena(Sum& sum, Where where) {
  const Amount need{sum.so_far().sum(where).likely};
  const Amount slack = arena_for(need).count - need.count;
  sum.add({PartKind::overhead,
           where,
           "the arena's growth",
           {Bytes{}, slack.bytes(), slack.bytes()},
           Origin::formula,
           "regions doubling from 1 MiB; none of it with arena_extend_strategy=kSameAsRequested"});
}

bool is_byte_quantised(TensorType type) { return type == TensorType::i8 || type == TensorType::u8; }

}  // namespace

Result<Footprint> onnxruntime_footprint(const Shape& shape, const Use& use) {
  if (use.context == 0 || use.batch == 0) {
    return fail(Errc::invalid, "a context and a batch of at least 1 are needed", {},
                "leave them out for 4096 tokens and 1");
  }
  const Where where = use.on_cpu ? Where::ram : Where::vram;
  const Amount weights = loaded_weights(shape, use);
  Sum sum;
  sum.exact(PartKind::weights, where, "weights", weights,
            use.precision ? fmt::format("as exported in {}", layout_of(*use.precision).name)
                          : "initialisers as stored");
  add_cache(sum, shape, use, where);
  add_compute(sum, shape, use, where);
  add_arena(sum, where);
  if (use.on_cpu && is_byte_quantised(use.precision.value_or(shape.dtype))) {
    sum.add({PartKind::overhead,
             where,
             "prepacked weights",
             {Bytes{}, weights.bytes(), weights.bytes()},
             Origin::formula,
             "a second copy of int8 matrices; none with session.disable_prepacking"});
  }
  add_process(sum, Backend::onnxruntime, !use.on_cpu);
  return sum.take();
}

}  // namespace spillway::fit
