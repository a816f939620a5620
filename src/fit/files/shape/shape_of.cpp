#include <algorithm>

#include "fit/files/shape/parts_of_shape.h"
#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

void forget_figures(Shape& shape) {
  shape.layers.clear();
  shape.encoder.reset();
  shape.family = Family::other;
  shape.guesses.push_back("the header's figures cannot be true: only the weights are known");
}

void read_figures(const ModelFile& file, Shape& shape) {
  if (file.format == FileFormat::by_hand) return;
  if (file.format == FileFormat::gguf) {
    read_gguf_figures(file, shape);
  } else {
    read_config_figures(file, shape);
  }
  if (!plausible(shape)) forget_figures(shape);
}

}  // namespace

bool plausible(const Shape& shape) {
  constexpr std::uint64_t kMostHeads = 1 << 16, kMostNumbers = 1 << 24;
  const auto fits = [](const Layer& layer) {
    return std::max({layer.heads, layer.kv_heads, layer.key_dim, layer.value_dim, layer.mla_key_dim,
                     layer.mla_value_dim}) <= kMostHeads &&
           std::max(layer.conv_state, layer.cell_state) <= std::uint64_t{1} << 40;
  };
  const auto encoder = shape.encoder.value_or(Encoder{});
  return std::all_of(shape.layers.begin(), shape.layers.end(), fits) &&
         std::max({shape.embedding, shape.feed_forward, shape.expert_feed_forward,
                   encoder.embedding, encoder.feed_forward}) <= kMostNumbers &&
         std::max({shape.experts, shape.experts_used, encoder.heads, encoder.layers}) <= kMostHeads;
}

Result<Shape> shape_of(const ModelFile& file) {
  Shape shape;
  shape.format = file.format;
  shape.name = file.path.substr(file.path.find_last_of('/') + 1);
  read_figures(file, shape);
  if (file.format == FileFormat::config_only) {
    if (shape.family == Family::other) {
      return fail(Errc::invalid, "tells of no model that is known", file.path,
                  "name the model's files, or its size: --params 7B --dtype fp16");
    }
    const Keys keys = decoder_keys(file);
    const std::string_view type = keys.text({"model_type"});
    weigh_by_formula(file, keys,
                     recipe_of(type.empty() ? std::string_view(shape.architecture) : type), shape);
    return shape;
  }
  weigh_tensors(file, shape);
  if (file.format == FileFormat::pytorch && shape.dtype == TensorType::u8) {
    shape.dtype_known = false;
    shape.dtype = TensorType::f32;
    shape.parameters = static_cast<std::uint64_t>(shape.weights.count) / 4;
    shape.guesses.push_back("the file does not say what its numbers are: float32 assumed");
  }
  if (file.format == FileFormat::by_hand) guess_figures(shape.parameters, shape);
  return shape;
}

}  // namespace spillway::fit
