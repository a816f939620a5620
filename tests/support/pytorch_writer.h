#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/safetensors_writer.h"

namespace spillway::support {

/// Members stored as they are, in a zip archive as torch.save writes it.
inline std::string zip_archive(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out, directory;
  for (const auto& [name, content] : members) {
    const auto size = static_cast<std::uint32_t>(content.size());
    const auto header = static_cast<std::uint32_t>(out.size());
    const std::string sizes = little_endian(std::uint32_t{0}) + little_endian(size) +
                              little_endian(size) +
                              little_endian(static_cast<std::uint16_t>(name.size()));
    out += "PK\x03\x04" + std::string(10, '\0') + sizes + std::string(2, '\0') + name + content;
    directory += "PK\x01\x02" + std::string(12, '\0') + sizes + std::string(12, '\0') +
                 little_endian(header) + name;
  }
  const auto count = static_cast<std::uint16_t>(members.size());
  const auto begin = static_cast<std::uint32_t>(out.size());
  return out + directory + "PK\x05\x06" + std::string(4, '\0') + little_endian(count) +
         little_endian(count) + little_endian(static_cast<std::uint32_t>(directory.size())) +
         little_endian(begin) + std::string(2, '\0');
}

/// The pickle of a state dictionary, opcode by opcode as torch.save's protocol 2 has them.
class PickleWriter {
 public:
  PickleWriter() : text_("\x80\x02}(") {}

  PickleWriter& tensor(std::string_view name, std::string_view storage_type,
                       std::string_view storage, const std::vector<std::uint32_t>& shape,
                       std::uint32_t offset = 0) {
    std::uint32_t count = 1;
    for (const std::uint32_t size : shape) count *= size;
    unicode(name);
    text_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    unicode("storage");
    text_ += "ctorch\n" + std::string(storage_type) + "\n";
    unicode(storage);
    unicode("cpu");
    integer(count);
    text_ += "tQ";
    integer(offset);
    text_ += "(";
    for (const std::uint32_t size : shape) integer(size);
    text_ += "t(";
    for (std::size_t i = 0; i < shape.size(); ++i) integer(1);
    text_ += "t\x89";
    text_ += "ccollections\nOrderedDict\n)RtR";
    return *this;
  }
  std::string bytes() const { return text_ + "u."; }

 private:
  void unicode(std::string_view value) {
    text_ += "X" + little_endian(static_cast<std::uint32_t>(value.size())) + std::string(value);
  }
  void integer(std::uint32_t value) { text_ += "J" + little_endian(value); }

  std::string text_;
};

/// One member of a tar archive (ustar), padded to its blocks; an archive ends with 1024 zeros.
inline std::string tar_member(std::string_view name, std::string_view content) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char size[12];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  header.replace(124, 11, size);
  header[156] = '0';
  header.replace(257, 5, "ustar");
  std::string out = header + std::string(content);
  out.resize((out.size() + 511) / 512 * 512);
  return out;
}

}  // namespace spillway::support
