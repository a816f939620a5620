#include "fit/files/zip.h"

#include <algorithm>

#include "fit/files/parts.h"

namespace spillway::fit {
namespace {

using std::uint64_t;

struct Directory {
  uint64_t entries = 0, size = 0, begin = 0;
};

constexpr std::uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kEntry = 0x02014b50,
                        kLocal = 0x04034b50;

Directory read_end(HeaderReader& in) {
  constexpr uint64_t kLongest = 22 + 65'535;  // with a comment
  const uint64_t from = in.size() > kLongest ? in.size() - kLongest : 0;
  in.seek(from);
  const std::string tail = in.text(in.left(), kLongest);
  const auto found = tail.rfind("PK\x05\x06");
  if (found == tail.npos || tail.size() - found < 22) {
    in.fail_at(in.size(), "the archive's directory is missing",
               "the download is not complete: fetch it again");
    return {};
  }
  const uint64_t end = from + found;
  in.seek(end + 10);
  Directory out;
  out.entries = in.u16();
  out.size = in.u32();
  out.begin = in.u32();
  if (end < 20) return out;
  in.seek(end - 20);
  if (in.u32() != kLocator64) return out;
  in.skip(4);
  in.seek(in.u64());
  if (in.u32() != kEnd64) in.fail_here("the archive's 64-bit directory is missing");
  in.skip(28);
  out.entries = in.u64();
  out.size = in.u64();
  out.begin = in.u64();
  return out;
}

// Sizes beyond 32 bits are in an extra field of number 1, those that need it in this order.
void read_extra(HeaderReader& in, uint64_t end, ZipEntry& entry) {
  constexpr uint64_t kAway = 0xffffffff;
  while (in.ok() && in.at() + 4 <= end) {
    const std::uint16_t number = in.u16();
    const uint64_t next = in.at() + 2 + in.u16();
    if (number == 1) {
      for (uint64_t* value : {&entry.size, &entry.stored, &entry.header}) {
        if (*value == kAway && in.at() + 8 <= std::min(next, end)) *value = in.u64();
      }
    }
    if (next > end) in.fail_here("an extra field past its end");
    in.seek(next);
  }
}

ZipEntry read_entry(HeaderReader& in) {
  ZipEntry out;
  if (in.u32() != kEntry) in.fail_here("the archive's directory is damaged");
  in.skip(6);
  out.method = in.u16();
  in.skip(8);
  out.stored = in.u32();
  out.size = in.u32();
  const std::uint16_t name = in.u16(), extra = in.u16(), comment = in.u16();
  in.skip(8);
  out.header = in.u32();
  out.name = in.text(name, 65'535);
  const uint64_t end = in.at() + extra;
  read_extra(in, end, out);
  in.seek(end);
  in.skip(comment);
  if (in.ok() && (out.header > in.size() || out.stored > in.size() - out.header)) {
    in.fail_here(in_quotes(out.name) + " ends past the end of the file");
  }
  return out;
}

}  // namespace

std::vector<ZipEntry> read_zip(HeaderReader& in) {
  const Directory directory = read_end(in);
  std::vector<ZipEntry> out;
  in.seek(directory.begin);
  if (in.ok() && directory.entries > in.left() / 46) {
    in.fail_here(std::to_string(directory.entries) + " members cannot be in it");
  }
  for (uint64_t i = 0; i < directory.entries && in.ok(); ++i) out.push_back(read_entry(in));
  if (!in.ok()) out.clear();
  return out;
}

HeaderReader zip_member(HeaderReader& in, const ZipEntry& entry) {
  in.seek(entry.header);
  if (in.u32() != kLocal) in.fail_here("the member " + in_quotes(entry.name) + " is not there");
  in.skip(22);
  const std::uint16_t name = in.u16(), extra = in.u16();
  in.skip(name);
  in.skip(extra);
  if (in.ok() && entry.stored > in.left()) {
    in.fail_here(in_quotes(entry.name) + " ends past the end of the file");
  }
  return in.part(in.at(), in.ok() ? entry.stored : 0);
}

}  // namespace spillway::fit
