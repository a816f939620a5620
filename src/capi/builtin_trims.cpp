#include "capi/builtin_trims.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "base/fd.h"

namespace spillway {

namespace {

template <class F>
F loaded(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

// Second field of /proc/self/statm: resident pages (Documentation/filesystems/proc.rst, table 1-3).
Bytes resident_set() {
  const UniqueFd fd(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char text[128] = "";
  if (!fd || ::read(fd.get(), text, sizeof text - 1) <= 0) return {};
  long long size = 0;
  long long pages = 0;
  if (std::sscanf(text, "%lld %lld", &size, &pages) != 2) return {};
  return Bytes{pages * ::sysconf(_SC_PAGESIZE)};
}

std::optional<Bytes> free_in_allocators() {
#if defined(__GLIBC__)
  for (const char* other : {"mallctl", "mi_collect", "MallocExtension_ReleaseFreeMemory"}) {
    if (dlsym(RTLD_DEFAULT, other) != nullptr) return std::nullopt;
  }
  return Bytes{static_cast<std::int64_t>(::mallinfo2().fordblks)};
#else
  return std::nullopt;
#endif
}

Bytes trim_allocators() {
  const Bytes before = resident_set();
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
  // jemalloc: MALLCTL_ARENAS_ALL is 4096 (jemalloc(3), "arena.<i>.purge").
  using Mallctl = int (*)(const char*, void*, std::size_t*, void*, std::size_t);
  if (const auto mallctl = loaded<Mallctl>("mallctl")) {
    mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
  }
  if (const auto collect = loaded<void (*)(bool)>("mi_collect")) collect(true);
  if (const auto release = loaded<void (*)()>("MallocExtension_ReleaseFreeMemory")) release();
  return std::max(before - resident_set(), Bytes{});
}

}  // namespace spillway
