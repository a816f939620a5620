#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace spillway::doctor {

/// Where bytes come from. Blocks. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// At most `size` bytes; 0 at the end. A truncated or broken gzip stream gives what could be read
  /// of it and then Errc::invalid.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;
};

/// Plain or gzip (RFC 1952, several members too), told by its first bytes.
Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path);
std::unique_ptr<ByteSource> bytes_of(UniqueFd fd);

/// The kernel's ring buffer as text, one record a line: /dev/kmsg as it is now, without waiting for
/// more (Documentation/ABI/testing/dev-kmsg).
Result<std::unique_ptr<ByteSource>> open_kmsg(const std::string& path = "/dev/kmsg");

}  // namespace spillway::doctor
