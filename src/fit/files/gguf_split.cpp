#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/text.h"
#include "fit/files/gguf.h"
#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kMostFiles = 4096;

std::uint64_t split_key(const ModelFile& file, std::string_view key) {
  const auto found = file.header.find(key);
  const auto* value =
      found == file.header.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return value == nullptr || *value < 0 ? 0 : static_cast<std::uint64_t>(*value);
}

// "%s-%05d-of-%05d.gguf" (llama_split_path of llama.cpp): what is before the numbers.
std::optional<std::string> split_prefix(const std::string& path, std::uint64_t count) {
  const std::string ending = fmt::format("-of-{:05}.gguf", count);
  const std::size_t tail = ending.size() + 6;
  if (path.size() <= tail || !path.ends_with(ending)) return std::nullopt;
  const std::string number = path.substr(path.size() - tail, 6);
  if (number[0] != '-' || !parse_u64(std::string_view(number).substr(1))) return std::nullopt;
  return path.substr(0, path.size() - tail);
}

Result<ModelFile> read_one(const std::string& path) {
  auto in = HeaderReader::open(path);
  if (!in) return tl::unexpected<Error>(in.error());
  return read_gguf(*in);
}

Result<ModelFile> read_part(const std::string& path, std::uint64_t number, std::uint64_t count) {
  auto part = read_one(path);
  if (!part) {
    if (part.error().code != Errc::not_found) return part;
    return fail(Errc::not_found,
                fmt::format("file {} of {} of the model is missing", number + 1, count), path,
                "fetch it: a split model loads only as a whole");
  }
  if (split_key(*part, "split.no") != number || split_key(*part, "split.count") != count) {
    return fail(Errc::invalid, "is not the part of the model that its name says", path,
                "fetch it again");
  }
  return part;
}

}  // namespace

Result<ModelFile> open_gguf(const std::string& path) {
  auto given = read_one(path);
  if (!given) return given;
  const std::uint64_t count = split_key(*given, "split.count");
  if (count <= 1) return given;
  const auto prefix = split_prefix(path, count);
  if (!prefix || count > kMostFiles) {
    return fail(Errc::invalid,
                fmt::format("is one of {} files, but its name does not say which", count), path,
                fmt::format("llama.cpp names them NAME-00001-of-{:05}.gguf", count));
  }
  // The first one has the keys of the model.
  auto whole = read_part(fmt::format("{}-00001-of-{:05}.gguf", *prefix, count), 0, count);
  for (std::uint64_t i = 1; whole && i < count; ++i) {
    auto part = read_part(fmt::format("{}-{:05}-of-{:05}.gguf", *prefix, i + 1, count), i, count);
    if (!part) return part;
    add_file(*whole, std::move(*part));
  }
  if (!whole) return whole;
  whole->path = path;
  const std::uint64_t tensors = split_key(*whole, "split.tensors.count");
  if (tensors != whole->tensors.size()) {
    return fail(Errc::invalid,
                fmt::format("has {} tensors in {} files where {} are announced",
                            whole->tensors.size(), count, tensors),
                path, "a file of it is another model's: fetch it again");
  }
  if (const Status ok = check_names(*whole); !ok) return tl::unexpected<Error>(ok.error());
  return whole;
}

}  // namespace spillway::fit
