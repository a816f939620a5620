#include "fit/files/gguf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

using enum TensorType;

constexpr std::array<std::pair<std::uint32_t, TensorType>, 35> kGgmlTypes{{
    {0, f32},      {1, f16},     {2, q4_0},     {3, q4_1},   {6, q5_0},    {7, q5_1},   {8, q8_0},
    {9, q8_1},     {10, q2_k},   {11, q3_k},    {12, q4_k},  {13, q5_k},   {14, q6_k},  {15, q8_k},
    {16, iq2_xxs}, {17, iq2_xs}, {18, iq3_xxs}, {19, iq1_s}, {20, iq4_nl}, {21, iq3_s}, {22, iq2_s},
    {23, iq4_xs},  {24, i8},     {25, i16},     {26, i32},   {27, i64},    {28, f64},   {29, iq1_m},
    {30, bf16},    {34, tq1_0},  {35, tq2_0},   {39, mxfp4}, {40, nvfp4},  {41, q1_0},  {42, q2_0},
}};

// A header ends somewhere: the longest tokenizers take 20 MB.
constexpr std::uint64_t kLongestHeader = 256 << 20;
constexpr std::uint64_t kMostKeys = 100'000;
constexpr std::uint64_t kMostTensors = 1'000'000;
constexpr std::uint64_t kLongestName = 65'535;
constexpr std::uint64_t kLongestText = 1024;   // of a value; longer ones (templates) only counted
constexpr std::uint64_t kLongestArray = 4096;  // kept: figures per layer; longer ones only counted
constexpr std::uint32_t kString = 8, kArray = 9;

std::uint64_t width(std::uint32_t value_type) {
  constexpr std::array<std::uint8_t, 13> kWidths{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return value_type < kWidths.size() ? kWidths[value_type] : 0;
}

HeaderValue read_number(HeaderReader& in, std::uint32_t value_type) {
  switch (value_type) {
    case 0: return std::int64_t{in.u8()};
    case 1: return std::int64_t{static_cast<std::int8_t>(in.u8())};
    case 2: return std::int64_t{in.u16()};
    case 3: return std::int64_t{static_cast<std::int16_t>(in.u16())};
    case 4: return std::int64_t{in.u32()};
    case 5: return std::int64_t{static_cast<std::int32_t>(in.u32())};
    case 6: return double{std::bit_cast<float>(in.u32())};
    case 7: return in.u8() != 0;
    case 12: return std::bit_cast<double>(in.u64());
    default:
      return static_cast<std::int64_t>(in.u64());  // beyond 2^63 it is negative: nobody's figure
  }
}

void skip_string(HeaderReader& in) { in.skip(in.u64()); }

bool within_header(HeaderReader& in) {
  if (in.at() > kLongestHeader) in.fail_here("the header does not end within 256 MiB");
  return in.ok();
}

HeaderValue read_array(HeaderReader& in) {
  const std::uint32_t type = in.u32();
  const std::uint64_t count = in.u64();
  if (!in.ok()) return ArrayLength{};
  if (type == kString) {
    if (count > in.left() / 8) in.fail_here("more strings than bytes are left");
    for (std::uint64_t i = 0; i < count && within_header(in); ++i) skip_string(in);
    return ArrayLength{count};
  }
  const std::uint64_t each = width(type);
  if (each == 0) {
    in.fail_here("an array of type " + std::to_string(type) + ", which is none that arrays have");
    return ArrayLength{};
  }
  if (count > in.left() / each) in.fail_here("an array longer than the file");
  if (count > kLongestArray || type == 6 || type == 12) {
    in.skip(in.ok() ? count * each : 0);
    return ArrayLength{count};
  }
  std::vector<std::int64_t> numbers;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const HeaderValue number = read_number(in, type);
    const bool* flag = std::get_if<bool>(&number);
    numbers.push_back(flag != nullptr ? *flag : std::get<std::int64_t>(number));
  }
  return numbers;
}

HeaderValue read_value(HeaderReader& in) {
  const std::uint32_t type = in.u32();
  if (type == kArray) return read_array(in);
  if (type != kString) {
    if (in.ok() && width(type) == 0)
      in.fail_here("a value of unknown type " + std::to_string(type));
    return read_number(in, type);
  }
  const std::uint64_t length = in.u64();
  if (length <= kLongestText) return in.text(length, kLongestText);
  in.skip(length);
  return ArrayLength{length};
}

void read_keys(HeaderReader& in, std::uint64_t count, ModelFile& out) {
  for (std::uint64_t i = 0; i < count && within_header(in); ++i) {
    const std::uint64_t at = in.at();
    std::string key = in.text(in.u64(), kLongestName);
    HeaderValue value = read_value(in);
    if (!in.ok()) return;
    if (const auto [where, added] = out.header.emplace(std::move(key), std::move(value)); !added) {
      return in.fail_at(at, "the key " + in_quotes(where->first) + " is there twice");
    }
  }
}

std::uint64_t alignment_of(HeaderReader& in, const ModelFile& file) {
  const auto key = file.header.find("general.alignment");
  if (key == file.header.end()) return 32;
  const auto* value = std::get_if<std::int64_t>(&key->second);
  if (value == nullptr || *value <= 0 || *value > 1 << 20 ||
      !std::has_single_bit(static_cast<std::uint64_t>(*value))) {
    in.fail_here("general.alignment is no power of two up to 1 MiB");
    return 32;
  }
  return static_cast<std::uint64_t>(*value);
}

struct Placed {
  Tensor tensor;
  std::uint64_t at = 0;      // of its entry in the header
  std::uint64_t offset = 0;  // of its numbers, from where the data begins
};

Placed read_tensor(HeaderReader& in) {
  Placed out;
  out.at = in.at();
  Tensor& tensor = out.tensor;
  tensor.name = in.text(in.u64(), kLongestName);
  const std::uint32_t dimensions = in.u32();
  if (in.ok() && dimensions > 4) {
    in.fail_here(in_quotes(tensor.name) + " has " + std::to_string(dimensions) +
                 " dimensions, 4 are the most");
  }
  for (std::uint32_t i = 0; i < dimensions && in.ok(); ++i) tensor.shape.push_back(in.u64());
  const std::uint32_t id = in.u32();
  out.offset = in.u64();
  if (!in.ok()) return out;
  const auto type = ggml_type(id);
  if (!type) {
    in.fail_at(out.at,
               in_quotes(tensor.name) + " has the type " + std::to_string(id) +
                   ", which was taken back or is not known yet",
               "convert the model again with a newer llama.cpp");
    return out;
  }
  tensor.type = *type;
  const auto bytes = bytes_of(tensor.type, tensor.shape);
  if (!bytes) {
    in.fail_at(out.at, in_quotes(tensor.name) + " is too large to be true");
  } else if (!tensor.shape.empty() && tensor.shape[0] % layout_of(*type).block_elements != 0) {
    in.fail_at(out.at, in_quotes(tensor.name) + ": its rows are not whole blocks of " +
                           std::string(layout_of(*type).name));
  } else {
    tensor.bytes = *bytes;
  }
  return out;
}

void read_tensors(HeaderReader& in, std::uint64_t count, ModelFile& out) {
  std::vector<Placed> placed;
  for (std::uint64_t i = 0; i < count && within_header(in); ++i) placed.push_back(read_tensor(in));
  const std::uint64_t alignment = alignment_of(in, out);
  if (!in.ok()) return;
  const std::uint64_t begin = (in.at() + alignment - 1) / alignment * alignment;
  const std::uint64_t data = in.size() > begin ? in.size() - begin : 0;
  Bytes total;
  for (Placed& one : placed) {
    const auto bytes = static_cast<std::uint64_t>(one.tensor.bytes.count);
    if (one.offset % alignment != 0) {
      return in.fail_at(one.at, in_quotes(one.tensor.name) + " is not aligned");
    }
    if (one.offset > data || bytes > data - one.offset) {
      return in.fail_at(one.at, in_quotes(one.tensor.name) + " ends past the end of the file",
                        "the download is not complete: fetch it again");
    }
    total += one.tensor.bytes;
    out.tensors.push_back(std::move(one.tensor));
  }
  if (total.count > static_cast<std::int64_t>(data)) in.fail_here("tensors lie on each other");
}

// One past what was read decides: the bytes of a version are in the order of the machine that wrote it.
bool big_endian(std::uint32_t version) { return version != 0 && (version & 0xffff) == 0; }

}  // namespace

std::optional<TensorType> ggml_type(std::uint32_t id) {
  const auto found =
      std::lower_bound(kGgmlTypes.begin(), kGgmlTypes.end(), id,
                       [](const auto& entry, auto wanted) { return entry.first < wanted; });
  if (found == kGgmlTypes.end() || found->first != id) return std::nullopt;
  return found->second;
}

Result<ModelFile> read_gguf(HeaderReader& in) {
  ModelFile out = begin_file(in, FileFormat::gguf);
  if (in.text(4, 4) != "GGUF") in.fail_at(0, "does not begin with GGUF", "name a GGUF file");
  const std::uint32_t version = in.u32();
  if (!in.ok()) return in.error();
  if (big_endian(version)) {
    return fail(Errc::unsupported, "is a big-endian GGUF file", in.path(),
                "convert it with gguf_convert_endian.py, or take a little-endian one");
  }
  if (version < 2 || version > 3) {
    return fail(Errc::unsupported, "is GGUF version " + std::to_string(version), in.path(),
                "versions 2 and 3 are known: convert the model again");
  }
  const std::uint64_t tensors = in.u64();
  const std::uint64_t keys = in.u64();
  // Each takes at least so many bytes.
  if (in.ok() && (keys > kMostKeys || keys > in.left() / 13)) {
    in.fail_here(std::to_string(keys) + " keys cannot be in it");
  }
  if (in.ok() && (tensors > kMostTensors || tensors > in.left() / 24)) {
    in.fail_here(std::to_string(tensors) + " tensors cannot be in it");
  }
  read_keys(in, keys, out);
  read_tensors(in, tensors, out);
  if (!in.ok()) return in.error();
  if (const Status ok = check_names(out); !ok) return tl::unexpected<Error>(ok.error());
  out.bytes_read = in.bytes_read();
  return out;
}

}  // namespace spillway::fit
