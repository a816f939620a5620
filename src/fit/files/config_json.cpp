#include "fit/files/config_json.h"

#include <utility>

#include "fit/files/json_walk.h"
#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kLongestConfig = 16 << 20;
constexpr std::size_t kMostKeys = 20'000;
constexpr std::size_t kLongestText = 1024;
constexpr std::size_t kLongestList = 4096;
constexpr std::size_t kLongestKey = 256;

void append(ModelFile& out, std::string key, std::int64_t number) {
  const auto [where, added] = out.header.try_emplace(std::move(key), std::vector<std::int64_t>{});
  auto* list = std::get_if<std::vector<std::int64_t>>(&where->second);
  if (list != nullptr && list->size() < kLongestList) list->push_back(number);
}

// Before a key is put together: one name may be megabytes long, and above thousands of values.
bool is_short(const JsonPath& path) {
  std::size_t length = 0;
  for (const JsonStep& step : path) length += step.name.size() + 1;
  return length <= kLongestKey;
}

bool keep(ModelFile& out, const JsonPath& path, const JsonScalar& value) {
  if (path.empty() || !is_short(path) || out.header.size() >= kMostKeys) return true;
  if (path.back().in_array && path.back().index >= kLongestList) return true;
  const auto* flag = std::get_if<bool>(&value);
  const auto* number = std::get_if<std::int64_t>(&value);
  if (path.back().in_array && (flag != nullptr || number != nullptr)) {
    JsonPath list = path;
    list.pop_back();
    append(out, to_string(list), flag != nullptr ? *flag : *number);
    return true;
  }
  const auto put = [&](HeaderValue kept) { out.header.emplace(to_string(path), std::move(kept)); };
  if (flag != nullptr) put(*flag);
  if (number != nullptr) put(*number);
  if (const auto* real = std::get_if<double>(&value)) put(*real);
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr && text->size() <= kLongestText) put(std::string(*text));
  return true;
}

}  // namespace

void read_config_json(HeaderReader& in, ModelFile& out) {
  if (in.left() > kLongestConfig) return in.fail_here("a configuration of more than 16 MiB");
  if (in.ok() && in.peek(1) != "{") {
    std::uint64_t blanks = 0;
    for (const char c : in.peek(4096)) {
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
      ++blanks;
    }
    in.skip(blanks);
    if (in.peek(1) != "{") return in.fail_here("does not begin with {");
  }
  walk_json(in, in.left(),
            [&](const auto& path, const auto& value) { return keep(out, path, value); });
}

void add_config_beside(const std::string& folder, ModelFile& out) {
  auto in = HeaderReader::open(folder + "/config.json");
  if (!in) {
    if (in.error().code != Errc::not_found) out.notes.push_back(to_string(in.error()));
    return;
  }
  read_config_json(*in, out);
  if (!in->ok()) out.notes.push_back(to_string(in->error().value()));
  out.bytes_read += in->bytes_read();
}

Result<ModelFile> open_config(const std::string& path) {
  auto in = HeaderReader::open(path);
  if (!in) return tl::unexpected<Error>(in.error());
  ModelFile out = begin_file(*in, FileFormat::config_only);
  read_config_json(*in, out);
  if (!in->ok()) return in->error();
  out.bytes_read = in->bytes_read();
  return out;
}

}  // namespace spillway::fit
