#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fit/files/header_reader.h"

namespace spillway::fit {

/// A member of a zip archive (PKWARE's APPNOTE.TXT, 4.3 to 4.5, zip64 too).
struct ZipEntry {
  std::string name;
  std::uint16_t method = 0;  // 0: stored as it is
  std::uint64_t stored = 0;  // bytes in the archive
  std::uint64_t size = 0;
  std::uint64_t header = 0;  // where its local header is
};

/// The central directory. Fails the reader where there is none, or one that lies.
std::vector<ZipEntry> read_zip(HeaderReader& in);

/// The bytes of a stored member. Fails `in`.
HeaderReader zip_member(HeaderReader& in, const ZipEntry& entry);

}  // namespace spillway::fit
