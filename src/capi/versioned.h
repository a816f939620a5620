#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "base/result.h"

namespace spillway {

/// A struct larger than this is no struct of ours: struct_size was never set.
inline constexpr std::size_t kLargestStruct = 65536;

/// A copy of a caller's struct, older or newer than ours (see "Versions" in spillway.h): what it is
/// too short for is zero, what it has beyond ours must be zero.
template <class T>
Result<T> read_struct(const T* from) {
  if (from == nullptr) return fail(Errc::invalid, "a required struct is null");
  const std::size_t size = from->struct_size;
  if (size < sizeof(std::size_t) || size > kLargestStruct) {
    return fail(Errc::invalid, "struct_size is not set", {}, "use the _INIT macro");
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  const std::size_t known = std::min(size, sizeof(T));
  if (std::any_of(bytes + known, bytes + size, [](unsigned char byte) { return byte != 0; })) {
    return fail(Errc::invalid, "a struct asks for what this version of the library does not know");
  }
  T out = {};
  std::memcpy(&out, from, known);
  out.struct_size = sizeof(T);
  return out;
}

/// The elements of an array whose stride is the struct_size of its first one.
template <class T>
Result<std::vector<T>> read_array(const T* first, std::size_t count) {
  std::vector<T> out;
  if (count == 0) return out;
  if (first == nullptr) return fail(Errc::invalid, "a required array is null");
  const std::size_t stride = first->struct_size;
  const auto* at = reinterpret_cast<const unsigned char*>(first);
  for (std::size_t i = 0; i < count; ++i, at += stride) {
    const auto one = read_struct(reinterpret_cast<const T*>(at));
    if (!one) return tl::unexpected(one.error());
    out.push_back(*one);
  }
  return out;
}

/// Fills in as much of a caller's struct as it has; its struct_size stays. It must begin with a
/// std::size_t struct_size.
template <class T>
Status write_struct(const T& value, T* to) {
  if (to == nullptr) return fail(Errc::invalid, "a required struct is null");
  const std::size_t size = to->struct_size;
  if (size < sizeof(std::size_t) || size > kLargestStruct) {
    return fail(Errc::invalid, "struct_size is not set", {}, "use the _INIT macro");
  }
  constexpr std::size_t kHead = sizeof(std::size_t);
  std::memcpy(reinterpret_cast<unsigned char*>(to) + kHead,
              reinterpret_cast<const unsigned char*>(&value) + kHead,
              std::min(size, sizeof(T)) - kHead);
  return {};
}

/// Copies text into a fixed field, cut at its end.
template <std::size_t N>
void copy_text(char (&to)[N], std::string_view text) {
  const std::size_t length = std::min(text.size(), N - 1);
  std::memcpy(to, text.data(), length);
  std::memset(to + length, 0, N - length);
}

}  // namespace spillway
