#include "fit/need/backends.h"
#include "fit/need/llama_cache.h"
#include "fit/need/llama_compute.h"
#include "fit/need/overheads.h"

namespace spillway::fit {

Result<Footprint> llama_cpp_footprint(const Shape& shape, const Use& use) {
  if (use.precision) {
    return fail(Errc::invalid, "llama.cpp computes with the types that the file has", "--precision",
                "a file made by llama-quantize, or --backend transformers");
  }
  const Result<LlamaCells> cells = llama_cells(shape, use);
  if (!cells) return tl::unexpected(cells.error());
  const LlamaPlacement placement = llama_placement(shape, use);
  Sum sum;
  add_llama_weights(sum, shape, use, placement);
  if (Status added = add_llama_cache(sum, shape, use, *cells, placement); !added) {
    return tl::unexpected(added.error());
  }
  add_llama_compute(sum, shape, use, *cells, placement);
  add_llama_encoder(sum, shape, use);
  add_process(sum, Backend::llama_cpp, placement.uses_gpu());
  return sum.take();
}

}  // namespace spillway::fit
