#include "port/own_pages.h"

#include <link.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace spillway {
namespace {

constexpr std::uintptr_t kPage = 4096;

struct Segment {
  std::uintptr_t begin, end;
};

Segment segment_of(const dl_phdr_info& object, int index) {
  const auto& header = object.dlpi_phdr[index];
  const std::uintptr_t begin = object.dlpi_addr + header.p_vaddr;
  return {begin, begin + header.p_memsz};
}

bool holds(const dl_phdr_info& object, std::uintptr_t address) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const Segment segment = segment_of(object, i);
    if (object.dlpi_phdr[i].p_type == PT_LOAD && address >= segment.begin &&
        address < segment.end) {
      return true;
    }
  }
  return false;
}

/// Writable segments hold what the file does not: they are left alone.
int drop_if_it_holds(dl_phdr_info* object, std::size_t, void* address) {
  if (!holds(*object, reinterpret_cast<std::uintptr_t>(address))) return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& header = object->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0) continue;
    const Segment segment = segment_of(*object, i);
    const std::uintptr_t first = (segment.begin + kPage - 1) & ~(kPage - 1);
    const std::uintptr_t last = segment.end & ~(kPage - 1);
    if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
  return 1;
}

}  // namespace

void drop_pages_of(const void* address) {
  ::dl_iterate_phdr(&drop_if_it_holds, const_cast<void*>(address));
}

}  // namespace spillway
