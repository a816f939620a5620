#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::support {

// Messages of onnx.proto in protobuf's wire format, each function its contents.

inline std::string varint(std::uint64_t value) {
  std::string out;
  do {
    out += static_cast<char>((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value != 0);
  return out;
}
inline std::string field(std::uint64_t number, std::uint64_t value) {
  return varint(number << 3) + varint(value);
}
inline std::string field(std::uint64_t number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

/// TensorProto without its numbers: data_type as ONNX numbers it (1 float, 3 int8, 10 float16 ...).
inline std::string onnx_tensor(std::string_view name, std::uint64_t type,
                               const std::vector<std::uint64_t>& dims) {
  std::string out;
  for (const std::uint64_t dim : dims) out += field(1, dim);
  return out + field(2, type) + field(8, name);
}
inline std::string onnx_raw(std::string_view name, std::uint64_t type,
                            const std::vector<std::uint64_t>& dims, std::uint64_t bytes) {
  return onnx_tensor(name, type, dims) + field(9, std::string(bytes, '\0'));
}
inline std::string onnx_external(std::string_view name, std::uint64_t type,
                                 const std::vector<std::uint64_t>& dims, std::string_view location,
                                 std::uint64_t offset, std::uint64_t length) {
  const auto entry = [](std::string_view key, std::string_view value) {
    return field(13, field(1, key) + field(2, value));
  };
  return onnx_tensor(name, type, dims) + entry("location", location) +
         entry("offset", std::to_string(offset)) + entry("length", std::to_string(length)) +
         field(14, 1);
}
/// NodeProto with one attribute: its contents are a field of AttributeProto (t = 5, g = 6).
inline std::string onnx_node(std::string_view op, std::string_view attribute = {}) {
  return field(4, op) + (attribute.empty() ? std::string() : field(5, attribute));
}
/// ModelProto around the fields of a GraphProto.
inline std::string onnx_model(std::string_view graph, std::string_view more = {}) {
  return field(1, 8) + field(2, std::string_view("writer")) + field(7, graph) + std::string(more);
}

}  // namespace spillway::support
