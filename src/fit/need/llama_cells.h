#pragma once

#include <cstdint>

#include "fit/footprint.h"
#include "fit/need/amount.h"

namespace spillway::fit {

/// How llama.cpp cuts its cache (src/llama-context.cpp, llama-kv-cache.cpp, llama-kv-cache-iswa.cpp).
struct LlamaCells {
  std::uint64_t sequences = 1;  // n_seq_max
  std::uint64_t streams = 1;    // caches side by side: 1 where the slots share one
  std::uint64_t micro_batch = 512;
  Amount context = 0;  // n_ctx: all streams together
  Amount full = 0;     // cells of a full layer, per stream
  Amount sliding = 0;  // cells of a sliding layer, per stream
};

/// Errors: invalid (a context of nothing, more slots than tokens).
Result<LlamaCells> llama_cells(const Shape& shape, const Use& use);

}  // namespace spillway::fit
