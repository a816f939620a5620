#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// What a model is, as far as memory is concerned: the same for every file format.

enum class LayerKind : std::uint8_t {
  full,       // attends to everything: its cache grows with the context
  sliding,    // attends to a window: its cache stops growing
  recurrent,  // keeps a state of fixed size per sequence
  none,       // keeps nothing (a shared cache, a layer without attention)
};

struct Layer {
  LayerKind kind = LayerKind::full;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t key_dim = 0;    // per head; MLA: kv_lora_rank + rope dimensions, one head
  std::uint64_t value_dim = 0;  // per head; MLA: 0, the value is read from the key's row
  // MLA: key and value of each head where a back end keeps them apart (transformers); else 0.
  std::uint64_t mla_key_dim = 0;
  std::uint64_t mla_value_dim = 0;
  std::uint64_t conv_state = 0;  // recurrent: numbers (f32) per sequence in the convolution's state
  std::uint64_t cell_state = 0;  // recurrent: numbers (f32) per sequence in the cell's state
  Bytes weights;                 // all tensors of the layer as stored, experts included
  Bytes expert_weights;          // of these, the routed experts
};

enum class EncoderKind : std::uint8_t { vision, whisper, fast_conformer, other };

/// A part whose cost grows with an input that is not text.
struct Encoder {
  EncoderKind kind = EncoderKind::other;
  std::uint64_t layers = 0;
  std::uint64_t embedding = 0;
  std::uint64_t feed_forward = 0;
  std::uint64_t heads = 0;
  std::uint64_t positions = 0;      // the longest input in frames or patches, 0: not bounded
  double positions_per_second = 0;  // audio; 0 for images
  Bytes weights;
};

enum class Family : std::uint8_t {
  decoder,          // an LLM
  encoder,          // embeddings, classifiers, CTC and transducer speech models
  encoder_decoder,  // whisper, canary, T5
  other,            // a graph about which only the weights are known
};

struct Shape {
  std::string name;          // the model's own name, else the file's
  std::string architecture;  // "qwen2", "whisper" ...; GGUF's or model_type
  FileFormat format = FileFormat::gguf;
  Family family = Family::other;
  std::uint64_t parameters = 0;
  std::uint64_t vocabulary = 0;
  std::uint64_t embedding = 0;
  std::uint64_t feed_forward = 0;  // of a dense layer; the widest where they differ
  std::uint64_t trained_context = 0;
  std::uint64_t window = 0;  // tokens that a sliding layer sees
  std::uint64_t experts = 0;
  std::uint64_t experts_used = 0;
  std::uint64_t expert_feed_forward = 0;
  bool tied = false;  // the output matrix is the token embedding
  bool dtype_known = true;
  TensorType dtype = TensorType::f16;  // the type of most of the weights' bytes
  std::vector<Layer> layers;           // the decoder's, in order
  std::optional<Encoder> encoder;
  Bytes weights;          // every tensor as stored, a tied one once
  Bytes token_embedding;  // of these
  Bytes output;           // of these; 0 when tied
  Bytes padded_weights;   // GGUF: each tensor padded to the file's alignment; else as `weights`
  std::vector<std::string> guesses;  // what the file did not say and was assumed, in words
};

/// What the headers mean. Fails only where not even the weights can be said; an architecture that
/// nobody knows yields Family::other with its weights.
Result<Shape> shape_of(const ModelFile& file);

}  // namespace spillway::fit
