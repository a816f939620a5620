#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "fit/tensor_type.h"

namespace spillway::fit {

/// What the headers of a model's files say, whatever their format: nothing is computed here.

enum class FileFormat : std::uint8_t { gguf, safetensors, onnx, pytorch, config_only, by_hand };

/// One tensor: shape as its format orders it (ggml: ne[0] is the row; others: row last).
struct Tensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  TensorType type = TensorType::f32;
  Bytes bytes;  // as stored, without padding
};

/// A value of a header. Long arrays (a tokenizer's words) are not kept, only counted.
struct ArrayLength {
  std::uint64_t count = 0;

  friend bool operator==(const ArrayLength&, const ArrayLength&) = default;
};
using HeaderValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, ArrayLength>;

struct ModelFile {
  FileFormat format = FileFormat::gguf;
  std::string path;                // what was asked for
  std::vector<std::string> files;  // every file of the model that was read, in order
  Bytes on_disk;                   // their sizes, sparse or not
  Bytes bytes_read;                // what reading the headers took
  std::vector<Tensor> tensors;
  std::map<std::string, HeaderValue, std::less<>> header;  // GGUF keys, or config.json flattened
                                                           // ("text_config.num_hidden_layers")
  std::vector<std::string> notes;  // what a person should know: a shard is missing its sizes ...
};

/// The layout's bytes of every tensor, as stored.
Bytes weights_of(const ModelFile& file);

}  // namespace spillway::fit
