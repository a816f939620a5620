#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace spillway::support {

/// Writes GGUF headers (docs/gguf.md of ggml), with a hole where the numbers would be: a model of any
/// size costs what its header costs. Types are ggml's numbers (0 F32, 1 F16, 2 Q4_0, 12 Q4_K ...).
class GgufWriter {
 public:
  explicit GgufWriter(std::uint32_t version = 3) : version_(version) {}

  template <class T>
  requires std::is_arithmetic_v<T> GgufWriter& key(std::string_view name, T value) {
    return begin(name, type_of<T>()).put(keys_, value);
  }
  GgufWriter& key(std::string_view name, std::string_view value) {
    return begin(name, 8).text(keys_, value);
  }
  GgufWriter& key(std::string_view name, const char* value) {
    return key(name, std::string_view(value));
  }
  template <class T>
  GgufWriter& array(std::string_view name, const std::vector<T>& values) {
    begin(name, 9).put(keys_, type_of<T>()).put(keys_, std::uint64_t{values.size()});
    for (const T value : values) put(keys_, value);
    return *this;
  }
  /// An array of so many strings, as a tokenizer has them.
  GgufWriter& words(std::string_view name, std::uint64_t count) {
    begin(name, 9).put(keys_, std::uint32_t{8}).put(keys_, count);
    for (std::uint64_t i = 0; i < count; ++i) text(keys_, "word" + std::to_string(i));
    return *this;
  }
  /// `bytes` is what it takes in the file.
  GgufWriter& tensor(std::string_view name, const std::vector<std::uint64_t>& shape,
                     std::uint32_t type, std::uint64_t bytes) {
    return tensor_at(name, shape, type, data_, bytes);
  }
  GgufWriter& tensor_at(std::string_view name, const std::vector<std::uint64_t>& shape,
                        std::uint32_t type, std::uint64_t offset, std::uint64_t bytes) {
    text(tensors_, name).put(tensors_, static_cast<std::uint32_t>(shape.size()));
    for (const std::uint64_t size : shape) put(tensors_, size);
    put(tensors_, type).put(tensors_, offset);
    data_ = (offset + bytes + alignment_ - 1) / alignment_ * alignment_;
    ++tensor_count_;
    return *this;
  }
  GgufWriter& alignment(std::uint32_t bytes) {
    alignment_ = bytes;
    return key("general.alignment", bytes);
  }

  /// Up to where the numbers begin.
  std::string header() const {
    std::string out = "GGUF";
    GgufWriter().put(out, version_).put(out, tensor_count_).put(out, key_count_);
    out += keys_ + tensors_;
    out.resize((out.size() + alignment_ - 1) / alignment_ * alignment_);
    return out;
  }
  std::uint64_t data_size() const { return data_; }
  /// The whole file in memory, zeros for numbers: for small ones.
  std::string bytes() const { return header() + std::string(data_, '\0'); }
  /// The whole file, sparse.
  void write(const std::string& path) const {
    const std::string text = header();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    std::filesystem::resize_file(path, text.size() + data_);
  }

 private:
  template <class T>
  static constexpr std::uint32_t type_of() {
    if constexpr (std::is_same_v<T, bool>) return 7;
    if constexpr (std::is_same_v<T, float>) return 6;
    if constexpr (std::is_same_v<T, double>) return 12;
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1: return is_signed ? 1 : 0;
      case 2: return is_signed ? 3 : 2;
      case 4: return is_signed ? 5 : 4;
      default: return is_signed ? 11 : 10;
    }
  }
  GgufWriter& begin(std::string_view name, std::uint32_t type) {
    ++key_count_;
    return text(keys_, name).put(keys_, type);
  }
  template <class T>
  GgufWriter& put(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
    return *this;
  }
  GgufWriter& text(std::string& to, std::string_view value) {
    put(to, std::uint64_t{value.size()});
    to += value;
    return *this;
  }

  std::uint32_t version_;
  std::uint64_t alignment_ = 32;
  std::uint64_t key_count_ = 0, tensor_count_ = 0, data_ = 0;
  std::string keys_, tensors_;
};

}  // namespace spillway::support
