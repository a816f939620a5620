#include "fit/files/safetensors.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "fit/files/json_walk.h"
#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;

// One entry of the header, as far as it was read.
struct Entry {
  Tensor tensor;
  std::uint64_t begin = 0, end = 0;
  unsigned offsets = 0;
  bool typed = false, shaped = false;
};

class Header {
 public:
  explicit Header(HeaderReader& in) : in_(in) {}

  bool visit(const JsonPath& path, const JsonScalar& value) {
    if (path.empty()) {
      const auto* nothing = std::get_if<JsonEmpty>(&value);
      return (nothing != nullptr && !nothing->is_array) || refuse("the header is no object");
    }
    if (path[0].name == "__metadata__") return true;
    if (path.size() < 2 || path[0].in_array)
      return refuse(in_quotes(to_string(path)) + " is no tensor");
    if (entries_.empty() || entries_.back().tensor.name != path[0].name) {
      entries_.push_back({.tensor = {.name = path[0].name}});
    }
    Entry& entry = entries_.back();
    if (path[1].name == "dtype") return dtype(entry, path, value);
    if (path[1].name == "shape") return shape(entry, path, value);
    if (path[1].name == "data_offsets") return offset(entry, path, value);
    return refuse(in_quotes(path[0].name) + " has a member that no tensor has");
  }

  std::vector<Entry> take() { return std::move(entries_); }

 private:
  bool refuse(std::string what) {
    in_.fail_here(std::move(what));
    return false;
  }
  bool dtype(Entry& entry, const JsonPath& path, const JsonScalar& value) {
    const auto* text = std::get_if<std::string_view>(&value);
    const auto type = text != nullptr && path.size() == 2 ? find_tensor_type(*text) : std::nullopt;
    if (!type) return refuse(in_quotes(entry.tensor.name) + " has a dtype that is not known");
    entry.tensor.type = *type;
    return entry.typed = true;
  }
  bool shape(Entry& entry, const JsonPath& path, const JsonScalar& value) {
    const auto* nothing = std::get_if<JsonEmpty>(&value);
    if (nothing != nullptr && nothing->is_array && path.size() == 2) return entry.shaped = true;
    const auto* size = std::get_if<std::int64_t>(&value);
    if (size == nullptr || *size < 0 || path.size() != 3 || entry.tensor.shape.size() >= 64) {
      return refuse(in_quotes(entry.tensor.name) + " has a shape that cannot be");
    }
    entry.tensor.shape.push_back(static_cast<std::uint64_t>(*size));
    return entry.shaped = true;
  }
  bool offset(Entry& entry, const JsonPath& path, const JsonScalar& value) {
    const auto* at = std::get_if<std::int64_t>(&value);
    if (at == nullptr || *at < 0 || path.size() != 3 || entry.offsets >= 2) {
      return refuse(in_quotes(entry.tensor.name) + " has offsets that cannot be");
    }
    (entry.offsets++ == 0 ? entry.begin : entry.end) = static_cast<std::uint64_t>(*at);
    return true;
  }

  HeaderReader& in_;
  std::vector<Entry> entries_;
};

// The numbers have to fill what is after the header, each its own part of it.
void check_places(HeaderReader& in, std::vector<Entry>& entries, std::uint64_t data) {
  std::vector<const Entry*> in_order;
  for (Entry& entry : entries) {
    const std::string name = in_quotes(entry.tensor.name);
    if (!entry.typed || !entry.shaped || entry.offsets != 2) {
      return in.fail_here(name + " has no dtype, shape or data_offsets");
    }
    const auto bytes = bytes_of(entry.tensor.type, entry.tensor.shape);
    if (!bytes) return in.fail_here(name + " is too large to be true");
    if (entry.end < entry.begin ||
        entry.end - entry.begin != static_cast<std::uint64_t>(bytes->count)) {
      return in.fail_here(name + ": its data_offsets are not as long as its shape");
    }
    entry.tensor.bytes = *bytes;
    in_order.push_back(&entry);
  }
  std::sort(in_order.begin(), in_order.end(), [](const Entry* a, const Entry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t next = 0;
  for (const Entry* entry : in_order) {
    if (entry->begin != next) {
      return in.fail_here(in_quotes(entry->tensor.name) +
                          (entry->begin < next ? " lies on another" : " comes after a hole"));
    }
    next = entry->end;
  }
  if (next > data) {
    in.fail_here(
        "its tensors end at byte " + std::to_string(in.at() + next) + ", but the file is shorter",
        "the download is not complete: fetch it again");
  } else if (next < data) {
    in.fail_here("bytes after the last tensor that belong to none");
  }
}

}  // namespace

Result<ModelFile> read_safetensors(HeaderReader& in) {
  ModelFile out = begin_file(in, FileFormat::safetensors);
  const std::uint64_t size = in.u64();
  if (in.ok() && size > kLongestHeader) in.fail_at(0, "a header of more than 100 MB");
  if (in.ok() && in.peek(1) != "{") in.fail_here("its header does not begin with {");
  Header header(in);
  if (in.ok()) {
    walk_json(in, size,
              [&](const auto& path, const auto& value) { return header.visit(path, value); });
  }
  std::vector<Entry> entries = header.take();
  if (in.ok()) check_places(in, entries, in.left());
  if (!in.ok()) return in.error();
  for (Entry& entry : entries) out.tensors.push_back(std::move(entry.tensor));
  out.bytes_read = in.bytes_read();
  return out;
}

}  // namespace spillway::fit
