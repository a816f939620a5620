#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace spillway {

inline constexpr std::size_t kLargestTextFile = std::size_t{1} << 20;

/// The text of a file that a person wrote. A character device such as /dev/null says nothing; other
/// things that are no files (a FIFO nobody writes to, a directory) and files beyond `most` bytes are
/// errors. Does not wait for a writer.
Result<std::string> read_text_file(const std::string& path, std::size_t most = kLargestTextFile);

/// Replaces the file as a whole, or makes it, with the folders that it needs (0700): a reader, and the
/// disk after a crash, have the old text or the new one. Written beside it, synced, renamed, and the
/// folder synced. Blocks on the disk.
Status write_text_file(const std::string& path, std::string_view text);

}  // namespace spillway
