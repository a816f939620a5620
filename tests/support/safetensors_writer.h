#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::support {

/// Bytes of an integer, the lowest first.
template <class T>
std::string little_endian(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

/// The length and the JSON text of a safetensors file.
inline std::string safetensors_bytes(std::string_view json, std::uint64_t data = 0) {
  return little_endian(std::uint64_t{json.size()}) + std::string(json) + std::string(data, '\0');
}

/// Writes safetensors files whose numbers are a hole.
class SafetensorsWriter {
 public:
  SafetensorsWriter& tensor(std::string_view name, std::string_view dtype,
                            const std::vector<std::uint64_t>& shape, std::uint64_t bytes) {
    json_ += (json_.empty() ? "{\"" : ",\"") + std::string(name) + "\":{\"dtype\":\"" +
             std::string(dtype) + "\",\"shape\":[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
      json_ += (i > 0 ? "," : "") + std::to_string(shape[i]);
    }
    json_ +=
        "],\"data_offsets\":[" + std::to_string(data_) + "," + std::to_string(data_ + bytes) + "]}";
    data_ += bytes;
    return *this;
  }
  std::string header() const { return json_.empty() ? "{}" : json_ + "}"; }
  std::uint64_t data_size() const { return data_; }
  std::string bytes() const { return safetensors_bytes(header(), data_); }
  void write(const std::string& path) const {
    const std::string text = safetensors_bytes(header());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    std::filesystem::resize_file(path, text.size() + data_);
  }

 private:
  std::string json_;
  std::uint64_t data_ = 0;
};

/// A model of `shards` sparse files with its index, as transformers names them; every layer a shard's
/// share. `bytes` in all, in 2-byte numbers. Returns the number of tensors.
inline std::size_t write_sharded(const std::string& folder, std::size_t shards,
                                 std::size_t tensors_each, std::uint64_t bytes) {
  const std::uint64_t each = bytes / (shards * tensors_each) / 8192 * 8192;
  std::string map;
  char name[64];
  for (std::size_t shard = 0; shard < shards; ++shard) {
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", shard + 1, shards);
    SafetensorsWriter file;
    for (std::size_t i = 0; i < tensors_each; ++i) {
      const std::string tensor = "model.layers." + std::to_string(shard) + ".mlp.experts." +
                                 std::to_string(i) + ".down_proj.weight";
      file.tensor(tensor, "BF16", {each / 8192, 4096}, each);
      map += (map.empty() ? "\"" : ",\"") + tensor + "\":\"" + name + "\"";
    }
    file.write(folder + "/" + name);
  }
  std::ofstream(folder + "/model.safetensors.index.json")
      << "{\"metadata\":{\"total_size\":" << each * shards * tensors_each << "},\"weight_map\":{"
      << map << "}}";
  return shards * tensors_each;
}

}  // namespace spillway::support
