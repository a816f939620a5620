#include <fmt/format.h>

#include <array>

#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

// Llama 3 and Qwen2.5, by size.
struct Typical {
  std::uint64_t up_to, layers, embedding, heads, kv_heads, head_dim, feed_forward, vocabulary;
};
constexpr auto kTypical = std::to_array<Typical>({
    {750'000'000, 24, 896, 14, 2, 64, 4864, 151936},
    {2'000'000'000, 16, 2048, 32, 8, 64, 8192, 128256},
    {5'000'000'000, 28, 3072, 24, 8, 128, 8192, 128256},
    {10'000'000'000, 32, 4096, 32, 8, 128, 14336, 128256},
    {20'000'000'000, 48, 5120, 40, 8, 128, 13824, 152064},
    {45'000'000'000, 64, 5120, 40, 8, 128, 27648, 152064},
    {100'000'000'000, 80, 8192, 64, 8, 128, 28672, 128256},
    {~std::uint64_t{0}, 126, 16384, 128, 8, 128, 53248, 128256},
});

}  // namespace

void guess_figures(std::uint64_t parameters, Shape& shape) {
  const Typical* t = kTypical.data();
  while (t->up_to < parameters) ++t;
  shape.family = Family::decoder;
  shape.embedding = t->embedding;
  shape.feed_forward = t->feed_forward;
  shape.vocabulary = t->vocabulary;
  const Bytes share{shape.weights.count / static_cast<std::int64_t>(t->layers)};
  shape.layers.assign(t->layers, {.heads = t->heads,
                                  .kv_heads = t->kv_heads,
                                  .key_dim = t->head_dim,
                                  .value_dim = t->head_dim,
                                  .weights = share});
  shape.guesses.push_back(
      fmt::format("only its size is known: taken to be a language model of {} layers with {} KV "
                  "heads of {}, as "
                  "models of that size are",
                  t->layers, t->kv_heads, t->head_dim));
}

}  // namespace spillway::fit
