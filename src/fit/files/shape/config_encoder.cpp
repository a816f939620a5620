#include <algorithm>
#include <array>

#include "fit/files/shape/parts_of_shape.h"
#include "fit/files/shape/recipe.h"

namespace spillway::fit {
namespace {

using std::string_view;
using std::uint64_t;

Encoder encoder_in(const Keys& keys) {
  Encoder out;
  out.layers = keys.number(
      {"encoder_layers", "num_hidden_layers", "depth", "n_layers", "num_layers", "layers"}, 0);
  out.embedding = keys.number({"d_model", "embed_dim", "hidden_size", "width"}, 0);
  out.heads =
      keys.number({"encoder_attention_heads", "num_attention_heads", "num_heads", "n_heads"}, 0);
  out.feed_forward = keys.number({"encoder_ffn_dim", "intermediate_size", "d_ff", "ffn_dim"}, 0);
  if (out.feed_forward == 0) {
    const double ratio = keys.fraction("mlp_ratio").value_or(4);
    out.feed_forward =
        static_cast<uint64_t>(std::clamp(ratio, 1.0, 16.0) * static_cast<double>(out.embedding));
  }
  return out;
}

uint64_t patches(const Keys& keys) {
  const uint64_t patch = keys.number({"patch_size"}, 0);
  if (patch == 0) return 0;
  const uint64_t side = std::min<uint64_t>(keys.number({"image_size"}, 0) / patch, 1 << 16);
  return side * side;
}

// Of NeMo's model_config.yaml: frames of 10 ms, fewer after subsampling.
bool read_nemo(const ModelFile& file, Shape& shape) {
  const Keys keys(file, "encoder.");
  if (!keys.number({"n_layers"}) || !keys.number({"d_model"})) return false;
  Encoder encoder = encoder_in(keys);
  encoder.kind = EncoderKind::fast_conformer;
  encoder.feed_forward =
      std::min<uint64_t>(keys.number({"ff_expansion_factor"}, 4), 64) * encoder.embedding;
  const uint64_t fewer = std::max<uint64_t>(keys.number({"subsampling_factor"}, 8), 1);
  encoder.positions_per_second = 100.0 / static_cast<double>(fewer);
  shape.encoder = encoder;
  const Keys root(file, "");
  const string_view target = root.text({"target"});
  shape.architecture = target.substr(target.find_last_of('.') + 1);
  if (shape.architecture.empty()) shape.architecture = "fast_conformer";
  shape.family = Family::encoder;

  const Keys decoder(file, "transf_decoder.config_dict.");
  const uint64_t layers = decoder.number({"num_layers"}, 0);
  const uint64_t heads = decoder.number({"num_attention_heads"}, 0);
  shape.embedding = decoder.number({"hidden_size"}, encoder.embedding);
  shape.vocabulary =
      root.number({"decoder.vocab_size", "joint.num_classes", "head.num_classes"}, 0);
  if (layers == 0 || layers > kMostLayers || heads == 0) return true;
  shape.family = Family::encoder_decoder;
  shape.feed_forward = decoder.number({"inner_size"}, 0);
  shape.trained_context = decoder.number({"max_sequence_length"}, 0);
  const uint64_t width = shape.embedding / heads;
  shape.layers.assign(layers,
                      {.heads = heads, .kv_heads = heads, .key_dim = width, .value_dim = width});
  return true;
}

// Speech encoders whose configuration is one level deep.
struct SpeechEncoder {
  string_view beginning;  // of the model_type
  EncoderKind kind;
  double positions_per_second;
};
constexpr auto kSpeech = std::to_array<SpeechEncoder>({
    {"wav2vec2", EncoderKind::other, 50},
    {"hubert", EncoderKind::other, 50},
    {"wavlm", EncoderKind::other, 50},
    {"parakeet", EncoderKind::fast_conformer, 12.5},
});

}  // namespace

void read_config_encoder(const ModelFile& file, Shape& shape) {
  const Keys root(file, "");
  if (read_nemo(file, shape)) return;
  const string_view type = root.text({"model_type"});
  for (const SpeechEncoder& speech : kSpeech) {
    if (!type.starts_with(speech.beginning)) continue;
    shape.encoder = encoder_in(root.has("encoder_config") ? root.below("encoder_config") : root);
    shape.encoder->kind = speech.kind;
    shape.encoder->positions_per_second = speech.positions_per_second;
    shape.family = Family::encoder;
    shape.layers.clear();
    return;
  }
  if (root.flag({"is_encoder_decoder"}).value_or(type == "whisper" || type == "t5")) {
    shape.family = Family::encoder_decoder;
    shape.encoder = encoder_in(root);
    if (type == "whisper") {
      shape.encoder->kind = EncoderKind::whisper;
      shape.encoder->positions = root.number({"max_source_positions"}, 1500);
      shape.encoder->positions_per_second = 50;
    }
    return;
  }
  for (const string_view scope :
       {"vision_config", "thinker_config.vision_config", "audio_config"}) {
    const Keys keys = root.below(scope);
    if (shape.encoder || !root.has(scope)) continue;
    Encoder encoder = encoder_in(keys);
    const bool audio = scope == "audio_config";
    encoder.kind = audio ? EncoderKind::whisper : EncoderKind::vision;
    encoder.positions = audio ? keys.number({"max_source_positions"}, 1500) : patches(keys);
    if (audio) encoder.positions_per_second = 50;
    shape.encoder = encoder;
  }
}

}  // namespace spillway::fit
