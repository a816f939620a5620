#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace voice {

/// Where a model's weights are, and in which precision: what a request is answered with.
enum class Form {
  none,       // not loaded
  resident,   // 64-bit words in anonymous memory: fast, and nobody else can have that memory
  quantized,  // the top 8 bits of each word: an eighth of the memory, another answer
  mapped      // read from the file through the page cache: slow, and the kernel can take it back
};
const char* name(Form form);
bool parse(const std::string& text, Form& form);

/// Real weights: a file of `bytes` whose i-th 64-bit word is a fixed function of (seed, i), so that
/// anybody can check an answer without holding them. Not thread-safe, except answer() among itself.
class Weights {
 public:
  /// Writes the file (not onto a tmpfs, or "on disk" would be in memory). Throws std::system_error.
  static void create(const std::string& path, std::uint64_t seed, std::size_t bytes);

  Weights() = default;
  Weights(Weights&& other) noexcept;
  Weights& operator=(Weights&& other) noexcept;
  ~Weights();

  /// Reads or maps the file. Throws std::bad_alloc or std::system_error.
  static Weights load(const std::string& path, Form form);

  Form form() const { return form_; }
  /// Bytes of anonymous memory held: 0 when mapped or none.
  std::size_t resident_bytes() const;

  /// The inference: a sum over 256 blocks of 64 KiB, chosen by the request. Touches 16 MiB of the
  /// resident or mapped form, 2 MiB of the quantized.
  std::uint64_t answer(std::uint64_t request) const;

  /// What answer() must be for weights of this seed, size and form, computed without weights.
  static std::uint64_t expected(std::uint64_t seed, std::size_t bytes, Form form,
                                std::uint64_t request);

 private:
  Form form_ = Form::none;
  void* data_ = nullptr;    // mmap in every form, so that releasing really gives pages back
  std::size_t length_ = 0;  // of the mapping
  std::size_t words_ = 0;
};

}  // namespace voice
