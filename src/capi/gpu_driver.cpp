#include "capi/gpu_driver.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace spillway {

void trim_devices() {
  if (const auto cuda = loaded_cuda()) cuda->trim();
  if (const auto hip = loaded_hip()) hip->trim();
}

unsigned long long libraries_loaded() {
  unsigned long long count = 0;
  // Every entry has the counter; the first will do.
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<unsigned long long*>(out) = info->dlpi_adds;
        return 1;
      },
      &count);
  return count;
}

void* loaded_library(std::string_view name) {
  struct Search {
    std::string_view name;
    std::string path;
  } search{name, {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* in) {
        auto& wanted = *static_cast<Search*>(in);
        const std::string_view path = info->dlpi_name;
        if (!path.substr(path.rfind('/') + 1).starts_with(wanted.name)) return 0;
        wanted.path = path;
        return 1;
      },
      &search);
  return search.path.empty() ? nullptr : ::dlopen(search.path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
}

PoolId vram_pool(const unsigned char (&uuid)[16]) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "vram:GPU-";
  // AMD's is the 16 digits of the serial number.
  const bool digits =
      std::all_of(uuid, uuid + 16, [](int byte) { return std::isxdigit(byte) != 0; });
  for (std::size_t i = 0; i < 16; ++i) {
    if (digits) {
      text += static_cast<char>(uuid[i]);
      continue;
    }
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] >> 4];
    text += kDigits[uuid[i] & 15];
  }
  return {text};
}

}  // namespace spillway
