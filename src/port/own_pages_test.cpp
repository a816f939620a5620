#include "port/own_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace spillway {
namespace {

/// How much of the mapping with that address is mapped in, by /proc/self/smaps.
std::size_t resident_kib_of(std::uintptr_t address) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    unsigned long begin = 0, end = 0, kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = address >= begin && address < end;
    } else if (inside && std::sscanf(line.c_str(), "Rss: %lu", &kib) == 1) {
      return kib;
    }
  }
  return 0;
}

TEST(OwnPages, AreDroppedAndComeBackAsTheyAreUsed) {
  const auto code = reinterpret_cast<std::uintptr_t>(&resident_kib_of);
  const std::size_t before = resident_kib_of(code);
  ASSERT_GT(before, 0u);
  // All of this program's code, so that there is something to drop.
  constexpr std::uintptr_t kMiB = 1 << 20;
  ::madvise(reinterpret_cast<void*>(code & ~(kMiB - 1)), kMiB, MADV_POPULATE_READ);
  const std::size_t populated = resident_kib_of(code);
  drop_pages_of(reinterpret_cast<const void*>(code));
  const std::size_t after = resident_kib_of(code);
  EXPECT_LT(after, populated);
  EXPECT_GT(after, 0u) << "this code runs";
}

TEST(OwnPages, WhatIsNobodysIsNotTouched) {
  int local = 7;
  drop_pages_of(&local);
  EXPECT_EQ(local, 7);
}

}  // namespace
}  // namespace spillway
