#include <algorithm>

#include "fit/files/shape/parts_of_shape.h"

namespace spillway::fit {

bool plausible(const Shape& shape) {
  constexpr std::uint64_t kMostHeads = 1 << 16, kMostNumbers = 1 << 24;
  const auto fits = [](const Layer& layer) {
    return layer.heads <= kMostHeads && layer.kv_heads <= kMostHeads &&
           std::max({layer.key_dim, layer.value_dim, layer.mla_key_dim, layer.mla_value_dim}) <=
               kMostHeads &&
           layer.conv_state <= std::uint64_t{1} << 40 && layer.cell_state <= std::uint64_t{1} << 40;
  };
  const auto encoder = shape.encoder.value_or(Encoder{});
  return std::all_of(shape.layers.begin(), shape.layers.end(), fits) &&
         std::max({shape.embedding, shape.feed_forward, shape.expert_feed_forward,
                   encoder.embedding, encoder.feed_forward, encoder.heads, encoder.layers}) <=
             kMostNumbers &&
         shape.experts <= kMostHeads && shape.experts_used <= kMostHeads;
}

Result<Shape> shape_of(const ModelFile& file) {
  Shape shape;
  shape.format = file.format;
  shape.name = file.path.substr(file.path.find_last_of('/') + 1);
  if (file.format == FileFormat::gguf) read_gguf_figures(file, shape);
  if (!plausible(shape)) {
    shape.layers.clear();
    shape.encoder.reset();
    shape.family = Family::other;
    shape.guesses.push_back("the header's figures cannot be true: only the weights are known");
  }
  weigh_tensors(file, shape);
  return shape;
}

}  // namespace spillway::fit
