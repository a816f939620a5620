#include "fit/need/llama_cells.h"

#include <algorithm>

namespace spillway::fit {
namespace {

constexpr std::uint64_t kCellPadding = 256;  // llama-context.cpp: GGML_PAD(n_ctx, 256)
constexpr std::uint64_t kBatch = 2048;       // common.h: n_batch, the most that one step is handed

}  // namespace

Result<LlamaCells> llama_cells(const Shape& shape, const Use& use) {
  LlamaCells cells;
  cells.sequences = std::max(use.slots, use.batch);
  if (use.context == 0 || cells.sequences == 0 || use.micro_batch == 0) {
    return fail(Errc::invalid, "a context, slots and a micro-batch of at least 1 are needed", {},
                "leave them out for 4096 tokens, one slot and 512");
  }
  if (use.unified_cache && cells.sequences > use.context) {
    return fail(Errc::invalid, "more slots than tokens of context", {},
                "a context of at least one token for each slot");
  }
  cells.streams = use.unified_cache ? 1 : cells.sequences;
  cells.full = padded(use.context, kCellPadding);
  cells.context = cells.full * cells.streams;
  cells.micro_batch = std::min({use.micro_batch, kBatch, cells.context.count});
  const std::uint64_t together = use.unified_cache ? cells.sequences : 1;
  const bool slides = shape.window > 0 && !use.swa_full;
  cells.sliding =
      slides
          ? std::min(cells.full, padded(Amount{shape.window} * together + Amount{cells.micro_batch},
                                        kCellPadding))
          : cells.full;
  return cells;
}

}  // namespace spillway::fit
