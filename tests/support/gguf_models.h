#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/gguf_writer.h"

namespace spillway::support {

/// A published model, as llama.cpp's converter writes it: enough for its weights and its caches.
struct GgufModel {
  std::string architecture = "llama";
  std::uint64_t layers = 32, embedding = 4096, heads = 32, kv_heads = 8, head_dim = 128;
  std::uint64_t feed_forward = 14336, vocabulary = 128256, context = 8192;
  std::uint64_t window = 0;  // 0: the file names none
  std::uint64_t experts = 0, experts_used = 0, expert_feed_forward = 0;
  bool tied = false, qkv_bias = false, qk_norm = false, four_norms = false;
  std::uint32_t type = 1;         // of the matrices, ggml's number; norms and biases are F32
  std::uint32_t output_type = 1;  // of output.weight
};

/// Bytes of a row of that many numbers, for the types that the makers here use.
inline std::uint64_t ggml_row(std::uint32_t type, std::uint64_t numbers) {
  switch (type) {
    case 0: return numbers * 4;
    case 1: return numbers * 2;
    case 2: return numbers / 32 * 18;
    case 8: return numbers / 32 * 34;
    case 12: return numbers / 256 * 144;
    case 14: return numbers / 256 * 210;
    case 39: return numbers / 32 * 17;
    default: return 0;
  }
}

inline GgufWriter& add_tensor(GgufWriter& to, std::string_view name,
                              const std::vector<std::uint64_t>& shape, std::uint32_t type) {
  std::uint64_t bytes = ggml_row(type, shape.at(0));
  for (std::size_t i = 1; i < shape.size(); ++i) bytes *= shape[i];
  return to.tensor(name, shape, type, bytes);
}

inline void add_keys(GgufWriter& to, const GgufModel& m) {
  const auto key = [&](std::string_view name, std::uint64_t value) {
    if (value > 0)
      to.key(m.architecture + "." + std::string(name), static_cast<std::uint32_t>(value));
  };
  to.key("general.architecture", m.architecture);
  key("block_count", m.layers);
  key("context_length", m.context);
  key("embedding_length", m.embedding);
  key("feed_forward_length", m.feed_forward);
  key("attention.head_count", m.heads);
  key("attention.head_count_kv", m.kv_heads);
  key("attention.key_length", m.head_dim);
  key("attention.value_length", m.head_dim);
  key("attention.sliding_window", m.window);
  key("expert_count", m.experts);
  key("expert_used_count", m.experts_used);
  key("expert_feed_forward_length", m.expert_feed_forward);
}

inline void add_layer(GgufWriter& to, const GgufModel& m, std::uint64_t number) {
  constexpr std::uint32_t kF32 = 0;
  const std::string blk = "blk." + std::to_string(number) + ".";
  const std::uint64_t d = m.embedding, q = m.heads * m.head_dim, kv = m.kv_heads * m.head_dim;
  const auto matrix = [&](std::string_view name, std::vector<std::uint64_t> shape) {
    add_tensor(to, blk + std::string(name) + ".weight", shape, m.type);
  };
  const auto vector = [&](std::string_view name, std::uint64_t size) {
    add_tensor(to, blk + std::string(name), {size}, kF32);
  };
  vector("attn_norm.weight", d);
  vector("ffn_norm.weight", d);
  if (m.four_norms) vector("post_attention_norm.weight", d);
  if (m.four_norms) vector("post_ffw_norm.weight", d);
  matrix("attn_q", {d, q});
  matrix("attn_k", {d, kv});
  matrix("attn_v", {d, kv});
  matrix("attn_output", {q, d});
  if (m.qkv_bias) vector("attn_q.bias", q);
  if (m.qkv_bias) vector("attn_k.bias", kv);
  if (m.qkv_bias) vector("attn_v.bias", kv);
  if (m.qk_norm) vector("attn_q_norm.weight", m.head_dim);
  if (m.qk_norm) vector("attn_k_norm.weight", m.head_dim);
  if (m.experts == 0) {
    matrix("ffn_gate", {d, m.feed_forward});
    matrix("ffn_up", {d, m.feed_forward});
    matrix("ffn_down", {m.feed_forward, d});
    return;
  }
  add_tensor(to, blk + "ffn_gate_inp.weight", {d, m.experts}, kF32);
  matrix("ffn_gate_exps", {d, m.expert_feed_forward, m.experts});
  matrix("ffn_up_exps", {d, m.expert_feed_forward, m.experts});
  matrix("ffn_down_exps", {m.expert_feed_forward, d, m.experts});
}

/// A model of this kind. `words`: how long its tokenizer is; 0: it has none.
inline GgufWriter gguf_model(const GgufModel& m, std::uint64_t words = 0) {
  GgufWriter out;
  add_keys(out, m);
  if (words > 0) out.words("tokenizer.ggml.tokens", words);
  add_tensor(out, "token_embd.weight", {m.embedding, m.vocabulary}, m.type);
  for (std::uint64_t i = 0; i < m.layers; ++i) add_layer(out, m, i);
  add_tensor(out, "output_norm.weight", {m.embedding}, 0);
  if (!m.tied) add_tensor(out, "output.weight", {m.embedding, m.vocabulary}, m.output_type);
  return out;
}

/// gpt-oss-20b as ggml-org published it: experts in MXFP4, the other matrices in Q8_0.
inline GgufWriter gpt_oss_20b_gguf() {
  constexpr std::uint32_t kF32 = 0, kQ8 = 8, kMxfp4 = 39;
  constexpr std::uint64_t d = 2880, q = 4096, kv = 512, experts = 32, words = 201088;
  GgufWriter out;
  add_keys(out, {.architecture = "gpt-oss",
                 .layers = 24,
                 .embedding = d,
                 .heads = 64,
                 .head_dim = 64,
                 .feed_forward = d,
                 .context = 131072,
                 .window = 128,
                 .experts = experts,
                 .experts_used = 4,
                 .expert_feed_forward = d});
  add_tensor(out, "token_embd.weight", {d, words}, kQ8);
  for (int i = 0; i < 24; ++i) {
    const auto add = [&](std::string_view name, const std::vector<std::uint64_t>& shape,
                         std::uint32_t type) {
      add_tensor(out, "blk." + std::to_string(i) + "." + std::string(name), shape, type);
    };
    add("attn_norm.weight", {d}, kF32);
    add("post_attention_norm.weight", {d}, kF32);
    add("attn_sinks.weight", {64}, kF32);
    add("attn_q.weight", {d, q}, kQ8);
    add("attn_q.bias", {q}, kF32);
    add("attn_k.weight", {d, kv}, kQ8);
    add("attn_k.bias", {kv}, kF32);
    add("attn_v.weight", {d, kv}, kQ8);
    add("attn_v.bias", {kv}, kF32);
    add("attn_output.weight", {q, d}, kQ8);
    add("attn_output.bias", {d}, kF32);
    add("ffn_gate_inp.weight", {d, experts}, kF32);
    add("ffn_gate_inp.bias", {experts}, kF32);
    for (const std::string matrix : {"ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"}) {
      add(matrix + ".weight", {d, d, experts}, kMxfp4);
      add(matrix + ".bias", {d, experts}, kF32);
    }
  }
  add_tensor(out, "output_norm.weight", {d}, kF32);
  return add_tensor(out, "output.weight", {d, words}, kQ8);
}

}  // namespace spillway::support
