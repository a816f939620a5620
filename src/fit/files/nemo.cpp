#include <algorithm>
#include <utility>

#include "fit/files/config_json.h"
#include "fit/files/parts.h"
#include "fit/files/pytorch.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr int kMostMembers = 10'000;

// Octal digits, or, where the first bit is set, a number of the other bytes (GNU).
std::uint64_t tar_number(std::string_view field) {
  std::uint64_t out = 0;
  if (!field.empty() && (field[0] & 0x80) != 0) {
    for (const char c : field.substr(field.size() - 8)) {
      out = out << 8 | static_cast<unsigned char>(c);
    }
    return out;
  }
  for (const char c : field) {
    if (c >= '0' && c <= '7') out = out << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

std::string_view until_nul(std::string_view field) { return field.substr(0, field.find('\0')); }

bool is_weights(std::string_view name) {
  return name.ends_with(".ckpt") || name.ends_with(".pt") || name.ends_with(".bin");
}

void read_member(HeaderReader member, std::string_view name, ModelFile& out) {
  const std::string_view base = name.substr(name.find_last_of('/') + 1);
  if (base == "model_config.yaml" && out.header.empty()) {
    read_config_yaml(member, out);
    if (!member.ok()) out.notes.push_back(to_string(member.error().value()));
  } else if (is_weights(base)) {
    auto weights = read_pytorch(member);
    if (!weights) {
      out.notes.push_back(to_string(weights.error()));
      const auto size = static_cast<std::int64_t>(member.size());
      out.tensors.push_back({std::string(base), {member.size()}, TensorType::u8, Bytes{size}});
      return;
    }
    weights->files.clear();  // the archive is the file
    weights->on_disk = {};
    weights->bytes_read = {};
    add_file(out, std::move(*weights));
  }
}

}  // namespace

// POSIX.1-2017, pax: "ustar Interchange Format".
Result<ModelFile> read_nemo(HeaderReader& in) {
  ModelFile out = begin_file(in, FileFormat::pytorch);
  for (int i = 0; i < kMostMembers && in.left() >= kBlock && in.ok(); ++i) {
    const std::string header = in.text(kBlock, kBlock);
    if (header.find_first_not_of('\0') == header.npos) break;
    if (header.substr(257, 5) != "ustar") in.fail_here("the archive is damaged");
    const std::uint64_t size = tar_number(std::string_view(header).substr(124, 12));
    if (in.ok() && size > in.left()) {
      in.fail_here(in_quotes(until_nul(header)) + " ends past the end of the file",
                   "the download is not complete: fetch it again");
    }
    if (!in.ok()) break;
    if (header[156] == '0' || header[156] == '\0') {
      read_member(in.part(in.at(), size), until_nul(std::string_view(header).substr(0, 100)), out);
    }
    in.skip(std::min((size + kBlock - 1) / kBlock * kBlock, in.left()));
  }
  if (in.ok() && out.tensors.empty()) in.fail_at(0, "has no weights in it", "name a .nemo file");
  if (!in.ok()) return in.error();
  if (const Status ok = check_names(out); !ok) return tl::unexpected<Error>(ok.error());
  out.bytes_read = in.bytes_read();
  return out;
}

}  // namespace spillway::fit
