#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::doctor {

/// Which of many short texts occur in a line, in one pass that skips most of its bytes (Wu and Manber,
/// "A fast algorithm for multi-pattern searching", 1994, with blocks of three bytes): a log has
/// millions of lines and hardly any that matter.
class MarkSet {
 public:
  static constexpr std::size_t kShortest = 8, kMost = 160;
  using Found = std::bitset<kMost>;

  /// `mark`: at least kShortest bytes. `number`: of its bit in Found; several marks may be given one, and a
  /// mark several.
  void add(std::string_view mark, std::size_t number);
  /// To be called once, after the last add().
  void prepare();

  /// Which marks are in `text`.
  Found find(std::string_view text) const;

 private:
  static constexpr std::size_t kBlock = 3, kTable = 1 << 15;
  static std::size_t hash(const char* at) {
    std::uint16_t two = 0;
    std::memcpy(&two, at, sizeof two);
    return (two ^ (std::size_t{static_cast<unsigned char>(at[2])} << 7)) & (kTable - 1);
  }

  struct Mark {
    std::string text;
    Found bits;
    std::size_t block = 0;
  };
  std::vector<Mark> marks_;  // by block once prepared
  std::array<std::uint8_t, kTable> shift_{};
  std::array<std::uint8_t, kTable> first_{};  // of the marks of a block: 1 + index
};

}  // namespace spillway::doctor
