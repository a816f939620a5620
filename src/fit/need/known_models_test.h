#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "fit/shape.h"

// The models whose memory is known, with their published hyperparameters.

namespace spillway::fit::known {

struct Model {
  std::string_view name;
  std::string_view architecture;
  std::uint64_t layers, embedding, heads, kv_heads, head_dim, feed_forward, vocabulary;
  std::uint64_t parameters;
  bool tied = false;
  std::uint64_t window = 0, period = 1;  // the last layer of each period attends to everything
  std::uint64_t experts = 0, experts_used = 0, expert_feed_forward = 0;
};

/// Every decoder of the table.
std::span<const Model> models();

/// Weights in `dtype`, each layer's by its matrices.
Shape shape_of(const Model& model, TensorType dtype = TensorType::f16);
Shape shape_of(std::string_view name, TensorType dtype = TensorType::f16);

/// DeepSeek: one latent row per token where the file was made for it, else every head's K and V.
Shape deepseek_v2_lite(bool latent);
Shape deepseek_r1();

Shape whisper(std::string_view size);  // tiny, base, small, medium, large-v3, large-v3-turbo
Shape parakeet();                      // TDT-0.6B v3, f32 as NeMo loads it
Shape canary();                        // 1B

}  // namespace spillway::fit::known
