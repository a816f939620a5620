#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace std::chrono_literals;
using spillway::support::Child;
using spillway::support::TempDir;

[[maybe_unused]] long resident_mib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  long size = 0, pages = 0;
  file >> size >> pages;
  return pages * ::sysconf(_SC_PAGESIZE) >> 20;
}

/// Whether the program says `words` within half a minute.
bool says(const TempDir& dir, const std::string& words) {
  for (int i = 0; i < 600; ++i) {
    if (dir.read("said").find(words) != std::string::npos) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

TEST(MinimalExample, AnswersFromTheFileWhileThereIsNoRoom) {
  const TempDir dir;
  const std::string pool = dir.write("pool", "100000000 1000000000");
  const std::string said = dir / "said";
  Child program([&] {
    if (std::freopen(said.c_str(), "a", stdout) == nullptr) return;
    ::execl(SPILLWAY_BINARY_DIR "/minimal", "minimal", pool.c_str(), nullptr);
  });
  ASSERT_TRUE(says(dir, " from memory")) << dir.read("said");
  dir.write("pool", "970000000 1000000000");
  ASSERT_TRUE(says(dir, " from disk")) << dir.read("said");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
  EXPECT_LT(resident_mib(program.pid()), 40);
#endif
  dir.write("said", "");  // what it says from now on
  dir.write("pool", "100000000 1000000000");
  EXPECT_TRUE(says(dir, " from memory")) << dir.read("said");
}

}  // namespace
