#include "fit/files/shards.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "fit/files/json_walk.h"
#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kLongestIndex = 256 << 20;
constexpr std::size_t kMostFiles = 10'000;

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == path.npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace

bool stays_inside(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != name.npos) return false;
  while (const auto part = next_token(name, '/')) {
    if (*part == "..") return false;
  }
  return true;
}

Result<ShardIndex> read_index(HeaderReader& in) {
  ShardIndex out;
  std::unordered_set<std::string> known;
  if (in.left() > kLongestIndex) in.fail_here("an index of more than 256 MiB");
  const auto visit = [&](const JsonPath& path, const JsonScalar& value) {
    if (path.size() != 2) return true;
    if (path[0].name == "metadata" && path[1].name == "total_size") {
      if (const auto* size = std::get_if<std::int64_t>(&value)) out.total_size = *size;
    }
    if (path[0].name != "weight_map") return true;
    const auto* file = std::get_if<std::string_view>(&value);
    if (file == nullptr || !stays_inside(*file)) {
      in.fail_here(in_quotes(path[1].name) + " is in a file that is not beside the index");
      return false;
    }
    ++out.tensors;
    if (!out.files.empty() && out.files.back() == *file) return true;
    if (known.emplace(*file).second) out.files.emplace_back(*file);
    if (known.size() > kMostFiles) in.fail_here("more than 10000 files");
    return true;
  };
  if (in.ok()) walk_json(in, in.left(), visit);
  if (in.ok() && out.files.empty()) in.fail_at(0, "names no files", "name a weight map");
  if (!in.ok()) return in.error();
  return out;
}

Result<ModelFile> open_files(const std::string& path, const std::vector<std::string>& files,
                             const ReadFile& read) {
  std::optional<ModelFile> whole;
  for (const std::string& name : files) {
    const std::string file = folder_of(path) + "/" + name;
    auto in = HeaderReader::open(file);
    if (!in && in.error().code == Errc::not_found) {
      return fail(Errc::not_found,
                  "one of the model's " + std::to_string(files.size()) + " files is missing", file,
                  "fetch it: the model loads only as a whole");
    }
    if (!in) return tl::unexpected<Error>(in.error());
    auto part = read(*in);
    if (!part) return part;
    if (whole) {
      add_file(*whole, std::move(*part));
    } else {
      whole = std::move(*part);
    }
  }
  if (!whole) return fail(Errc::not_found, "has no files", path);
  whole->path = path;
  if (const Status ok = check_names(*whole); !ok) return tl::unexpected<Error>(ok.error());
  return std::move(*whole);
}

Result<ModelFile> open_index(const std::string& path, const ReadFile& read) {
  auto in = HeaderReader::open(path);
  if (!in) return tl::unexpected<Error>(in.error());
  const auto index = read_index(*in);
  if (!index) return tl::unexpected<Error>(index.error());
  auto whole = open_files(path, index->files, read);
  if (!whole) return whole;
  whole->bytes_read += in->bytes_read();
  if (index->tensors != whole->tensors.size()) {
    whole->notes.push_back("the index names " + std::to_string(index->tensors) +
                           " tensors, the files have " + std::to_string(whole->tensors.size()));
  }
  return whole;
}

}  // namespace spillway::fit
