#pragma once

#include <optional>

#include "base/bytes.h"

namespace spillway {

/// Gives memory that this process's allocators keep in reserve back to the kernel: glibc's
/// malloc_trim(3), and jemalloc, mimalloc and tcmalloc where the program uses them (looked up by name,
/// never loaded). Milliseconds, in proportion to the heap; the allocators' own locks are held
/// meanwhile. Any thread. Tells by how much the resident set shrank, as /proc/self/statm has it.
Bytes trim_allocators();

/// What glibc's malloc has free inside its heaps (mallinfo(3): fordblks), the most that a trim can give.
/// Milliseconds, in proportion to the free blocks; under malloc's own locks. None where another
/// allocator serves the program, or another libc: they do not tell.
std::optional<Bytes> free_in_allocators();

/// The resident set of this process; zero when /proc does not tell.
Bytes resident_set();

}  // namespace spillway
