#include "fit/files/onnx.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "fit/files/parts.h"
#include "fit/files/shards.h"
#include "fit/files/wire.h"

namespace spillway::fit {
namespace {

using std::uint64_t;
using enum TensorType;

constexpr int kDeepest = 32;
constexpr std::size_t kMostTensors = 1'000'000;
constexpr uint64_t kLongestName = 4096;

// TensorProto.DataType
std::optional<TensorType> onnx_type(uint64_t id) {
  constexpr std::array<std::pair<uint64_t, TensorType>, 25> kTypes{{
      {1, f32},   {2, u8},       {3, i8},       {4, u16},        {5, i16},
      {6, i32},   {7, i64},      {8, u8},       {9, boolean},    {10, f16},
      {11, f64},  {12, u32},     {13, u64},     {14, complex64}, {15, complex128},
      {16, bf16}, {17, f8_e4m3}, {18, f8_e4m3}, {19, f8_e5m2},   {20, f8_e5m2},
      {21, u4},   {22, i4},      {23, f4_e2m1}, {24, f8_e8m0},   {25, u2},
  }};
  if (id == 26) return i2;
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const auto& entry) { return entry.first == id; });
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}
constexpr uint64_t kStrings = 8;

// A TensorProto as far as memory goes.
struct Proto {
  std::string name;
  std::vector<uint64_t> dims;
  uint64_t type = 0;
  std::optional<uint64_t> raw;  // bytes of raw_data
  uint64_t listed = 0;          // bytes of the *_data fields, as the file has them
  bool external = false;
  std::string location, offset, length;
};

class Reader {
 public:
  explicit Reader(HeaderReader& in)
      : in_(in), out_(begin_file(in, FileFormat::onnx)), folder_(in.path()) {
    const auto slash = folder_.find_last_of('/');
    folder_ = slash == folder_.npos ? std::string() : folder_.substr(0, slash + 1);
  }

  Result<ModelFile> read() {
    bool graph = false;
    WireField field;
    for (const uint64_t end = in_.size(); next_field(in_, end, field);) {
      switch (field.number) {
        case 1: keep("ir_version", static_cast<std::int64_t>(field.value & 0xffff)); break;
        case 2: keep("producer_name", in_.text(field.size, kLongestName)); break;
        case 7:
          graph = true;
          read_graph(field.end, "", 0);
          break;
        case 14: read_metadata(field.end); break;
        case 25: read_function(field.end); break;
        default: break;
      }
      leave(field);
    }
    if (in_.ok() && !graph) in_.fail_at(0, "has no graph", "name an ONNX model");
    if (!in_.ok()) return in_.error();
    if (quantised_ > 0) keep("quantised_nodes", quantised_);
    out_.bytes_read = in_.bytes_read();
    return std::move(out_);
  }

 private:
  // A field's contents, whether they were read or not.
  void leave(const WireField& field) {
    if (in_.ok() && field.is_bytes) in_.seek(field.end);
  }
  void keep(std::string key, HeaderValue value) {
    if (out_.header.size() < 1000) out_.header.emplace(std::move(key), std::move(value));
  }
  bool deeper(int depth) {
    if (depth > kDeepest) in_.fail_here("graphs in graphs, more than 32 deep");
    return in_.ok();
  }

  void read_metadata(uint64_t end) {
    std::string key, value;
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (!field.is_bytes || field.size > kLongestName) continue;
      if (field.number == 1) key = in_.text(field.size, kLongestName);
      if (field.number == 2) value = in_.text(field.size, kLongestName);
    }
    if (const auto number = parse_i64(value)) {
      keep(key, *number);
    } else if (!key.empty()) {
      keep(key, value);
    }
  }
  void read_function(uint64_t end) {
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (field.number == 7 && field.is_bytes) read_node(field.end, 1);
    }
  }
  void read_graph(uint64_t end, const std::string& prefix, int depth) {
    if (!deeper(depth)) return;
    std::set<std::string> names;
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (!field.is_bytes) continue;
      if (field.number == 1) read_node(field.end, depth);
      if (field.number == 5) {
        const uint64_t at = in_.at();
        const Proto proto = read_tensor(field.end);
        if (in_.ok() && !names.insert(proto.name).second) {
          in_.fail_at(at, "the initialiser " + in_quotes(proto.name) + " is there twice");
        }
        add(proto, prefix + proto.name, at);
      }
      if (field.number == 15) read_sparse(field.end);
    }
  }
  void read_sparse(uint64_t end) {
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (field.is_bytes && (field.number == 1 || field.number == 2)) add_constant(field.end);
    }
  }
  void read_node(uint64_t end, int depth) {
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (field.number == 4 && field.is_bytes) note_operator(in_.text(field.size, kLongestName));
      if (field.number == 5 && field.is_bytes) read_attribute(field.end, depth);
    }
  }
  void note_operator(const std::string& name) {
    constexpr auto kQuantised = std::to_array<std::string_view>(
        {"MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "DequantizeLinear",
         "MatMulNBits", "QAttention", "DynamicQuantizeMatMul", "GatherBlockQuantized"});
    if (std::find(kQuantised.begin(), kQuantised.end(), name) != kQuantised.end()) ++quantised_;
  }
  void read_attribute(uint64_t end, int depth) {
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (!field.is_bytes) continue;
      if (field.number == 5 || field.number == 10) add_constant(field.end);
      if (field.number == 6 || field.number == 11) {
        read_graph(field.end, "graph" + std::to_string(++graphs_) + ".", depth + 1);
      }
      if (field.number == 22) read_sparse(field.end);
    }
  }
  void add_constant(uint64_t end) {
    const uint64_t at = in_.at();
    const Proto proto = read_tensor(end);
    add(proto, "constant" + std::to_string(out_.tensors.size()), at);
  }

  Proto read_tensor(uint64_t end) {
    Proto out;
    for (WireField field; next_field(in_, end, field); leave(field)) {
      switch (field.number) {
        case 1: read_dims(field, out); break;
        case 2: out.type = field.value; break;
        case 4:
        case 5:
        case 6:
        case 7:
        case 10:
        case 11: out.listed += field.is_bytes ? field.size : 8; break;
        case 8: out.name = in_.text(field.size, kLongestName); break;
        case 9: out.raw = out.raw.value_or(0) + field.size; break;
        case 13: read_external(field.end, out); break;
        case 14: out.external = field.value == 1; break;
        default: break;
      }
    }
    return out;
  }
  void read_dims(const WireField& field, Proto& out) {
    if (!field.is_bytes) {
      out.dims.push_back(field.value);
    } else {
      while (in_.ok() && in_.at() < field.end && out.dims.size() <= 64) {
        out.dims.push_back(read_varint(in_, field.end));
      }
    }
    if (out.dims.size() > 64) in_.fail_here("a tensor of more than 64 dimensions");
  }
  void read_external(uint64_t end, Proto& out) {
    std::string key, value;
    for (WireField field; next_field(in_, end, field); leave(field)) {
      if (field.number == 1 && field.is_bytes) key = in_.text(field.size, kLongestName);
      if (field.number == 2 && field.is_bytes) value = in_.text(field.size, kLongestName);
    }
    if (key == "location") out.location = value;
    if (key == "offset") out.offset = value;
    if (key == "length") out.length = value;
  }

  void add(const Proto& proto, std::string name, uint64_t at) {
    if (!in_.ok()) return;
    const auto refuse = [&](const std::string& what) {
      in_.fail_at(at, in_quotes(name) + " " + what);
    };
    const auto type = onnx_type(proto.type);
    if (!type) return refuse("has the type " + std::to_string(proto.type) + ", which is not known");
    const auto elements = elements_of(proto.dims);
    auto bytes = elements ? bytes_of(*type, proto.dims) : std::nullopt;
    if (proto.type == kStrings) bytes = Bytes{static_cast<std::int64_t>(proto.listed)};
    if (!bytes) return refuse("is too large to be true");
    const auto size = static_cast<uint64_t>(bytes->count);
    if (proto.external) {
      if (!check_external(proto, name, size, at)) return;
    } else if (proto.raw && *proto.raw != size) {
      return refuse("has " + std::to_string(*proto.raw) + " bytes where its shape wants " +
                    std::to_string(size));
    } else if (!proto.raw && size > 0 && *elements / 4 > proto.listed) {
      return refuse("has fewer numbers than its shape wants");
    }
    if (out_.tensors.size() >= kMostTensors) return refuse("is one of too many");
    out_.tensors.push_back({std::move(name), proto.dims, *type, *bytes});
  }
  bool check_external(const Proto& proto, const std::string& name, uint64_t size, uint64_t at) {
    const auto refuse = [&](const std::string& what, std::string hint) {
      in_.fail_at(at, in_quotes(name) + " " + what, std::move(hint));
      return false;
    };
    if (!stays_inside(proto.location)) {
      return refuse("has its numbers outside the model's folder",
                    "do not trust this model: it points at other files of this machine");
    }
    const auto length = external_size(proto.location);
    if (!length) {
      return refuse("has its numbers in " + in_quotes(proto.location) + ", which is not there",
                    "fetch that file too");
    }
    const uint64_t offset =
        proto.offset.empty() ? 0 : parse_u64(proto.offset).value_or(~uint64_t{0});
    const uint64_t said =
        proto.length.empty() ? size : parse_u64(proto.length).value_or(~uint64_t{0});
    if (said != size) return refuse("has another length than its shape wants", {});
    if (offset > *length || size > *length - offset) {
      return refuse("ends past the end of " + in_quotes(proto.location), "fetch that file again");
    }
    return true;
  }
  std::optional<uint64_t> external_size(const std::string& location) {
    const auto known = external_.find(location);
    if (known != external_.end()) return known->second;
    struct stat facts {};
    const std::string path = folder_ + location;
    if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
    out_.files.push_back(path);
    out_.on_disk += Bytes{facts.st_size};
    return external_[location] = static_cast<uint64_t>(facts.st_size);
  }

  HeaderReader& in_;
  ModelFile out_;
  std::string folder_;
  std::map<std::string, uint64_t> external_;
  std::int64_t quantised_ = 0;
  int graphs_ = 0;
};

}  // namespace

Result<ModelFile> read_onnx(HeaderReader& in) { return Reader(in).read(); }

}  // namespace spillway::fit
