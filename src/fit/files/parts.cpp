#include "fit/files/parts.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spillway::fit {
ModelFile begin_file(const HeaderReader& in, FileFormat format) {
  ModelFile out;
  out.format = format;
  out.path = in.path();
  out.files = {in.path()};
  out.on_disk = {static_cast<std::int64_t>(in.size())};
  return out;
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kLongest = 80;
  std::string out = "'";
  for (const char c : name.substr(0, kLongest)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return out + (name.size() > kLongest ? "...'" : "'");
}

std::optional<std::uint64_t> elements_of(const std::vector<std::uint64_t>& shape) {
  std::uint64_t product = 1;
  for (const std::uint64_t size : shape) {
    // A zero does not excuse the others: libraries multiply in another order.
    if (size > std::uint64_t{1} << 62) return std::nullopt;
    if (__builtin_mul_overflow(product, size, &product)) return std::nullopt;
  }
  if (product > std::uint64_t{1} << 62) return std::nullopt;
  return product;
}

std::optional<Bytes> bytes_of(TensorType type, const std::vector<std::uint64_t>& shape) {
  const auto elements = elements_of(shape);
  const auto bytes = elements ? stored_bytes(type, *elements) : std::nullopt;
  if (!bytes) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(*bytes)};
}

Status check_names(const ModelFile& file) {
  std::vector<std::string_view> names;
  names.reserve(file.tensors.size());
  for (const Tensor& tensor : file.tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return fail(Errc::invalid, "the tensor " + in_quotes(*twice) + " is there twice", file.path,
              "the file is damaged, or files of different models were mixed: fetch it again");
}

void add_file(ModelFile& whole, ModelFile part) {
  const auto move_all = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(part.files, whole.files);
  move_all(part.tensors, whole.tensors);
  move_all(part.notes, whole.notes);
  whole.on_disk += part.on_disk;
  whole.bytes_read += part.bytes_read;
  whole.header.merge(part.header);
}

}  // namespace spillway::fit
