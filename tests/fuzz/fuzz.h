#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spillway::fuzz {

/// A property that has to hold for every input. The run ends where it does not, and the input is kept.
inline void must(bool holds) {
  if (!holds) __builtin_trap();
}

/// The first byte of an input, cut off to choose between cases: '0' is the first of them.
inline std::uint8_t take_choice(std::string_view& input) {
  if (input.empty()) return 0;
  const auto choice = static_cast<std::uint8_t>(input.front() ^ '0');
  input.remove_prefix(1);
  return choice;
}

}  // namespace spillway::fuzz

/// Runs one input through `body(std::string_view)`, on behalf of libFuzzer.
#define SPILLWAY_FUZZ(body)                                                           \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    body(std::string_view(reinterpret_cast<const char*>(data), size));                \
    return 0;                                                                         \
  }
