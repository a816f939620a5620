#include "sense/drm_fdinfo.h"

#include <gtest/gtest.h>

#include "tests/support/garbage.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

std::string client(const std::string& lines) {
  return "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\ndrm-client-id:\t7\n" + lines;
}

TEST(DrmFdinfo, ReadsAmdgpusKeysOnceEach) {
  const TempTree machine("amdgpu");
  const auto parsed = parse_drm_fdinfo(machine.read("proc/4242/fdinfo/5"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->address, "0000:03:00.0");
  EXPECT_EQ(parsed->id, 35U);
  EXPECT_EQ(parsed->resident, 8_GiB);  // drm-memory-vram says the same once more
  EXPECT_EQ(parsed->shared, 0_B);
  EXPECT_EQ(parsed->evicted, 1_GiB);
}

TEST(DrmFdinfo, ReadsI915sLocalMemoryAndLeavesStolenAndSystemMemoryOut) {
  const TempTree machine("i915");
  const auto parsed = parse_drm_fdinfo(machine.read("proc/5200/fdinfo/8"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->resident, 5132_MiB);
  EXPECT_EQ(parsed->shared, 12_MiB);
  EXPECT_EQ(parsed->evicted, std::nullopt);
  const auto integrated = parse_drm_fdinfo(machine.read("proc/3100/fdinfo/4"));
  ASSERT_TRUE(integrated);
  EXPECT_EQ(integrated->resident, std::nullopt);
}

TEST(DrmFdinfo, ReadsXesVram) {
  const TempTree machine("xe");
  const auto parsed = parse_drm_fdinfo(machine.read("proc/6300/fdinfo/5"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->resident, 50_MiB);
  EXPECT_EQ(parsed->shared, 8_MiB);
}

TEST(DrmFdinfo, UnderstandsEveryUnitTheKernelWrites) {
  for (const auto& [text, bytes] : {std::pair("4096", 4096_B), std::pair("4 KiB", 4096_B),
                                    std::pair("3 MiB", 3_MiB), std::pair("0", 0_B)}) {
    EXPECT_EQ(parse_drm_fdinfo(client(std::string("drm-resident-vram:\t") + text + "\n"))->resident,
              bytes)
        << text;
  }
  for (const char* text : {"4 kB", "4 GiB", "-4", "4 KiB x", "KiB", "", "0x10",
                           "99999999999999999999", "18446744073709551615 MiB"}) {
    EXPECT_EQ(parse_drm_fdinfo(client(std::string("drm-resident-vram:\t") + text + "\n"))->resident,
              std::nullopt)
        << text;
  }
}

TEST(DrmFdinfo, AddsUpTilesAndNeverTheOldKeyToTheNew) {
  EXPECT_EQ(parse_drm_fdinfo(client("drm-resident-vram0:\t1 MiB\ndrm-resident-vram1:\t2 MiB\n"
                                    "drm-memory-vram0:\t1 MiB\ndrm-memory-vram1:\t2 MiB\n"))
                ->resident,
            3_MiB);
  EXPECT_EQ(parse_drm_fdinfo(client("drm-memory-vram:\t5 MiB\n"))->resident, 5_MiB);
}

TEST(DrmFdinfo, ATileThatCannotBeReadMakesTheSumUnknown) {
  EXPECT_EQ(
      parse_drm_fdinfo(client("drm-resident-vram0:\t1 MiB\ndrm-resident-vram1:\t?\n"))->resident,
      std::nullopt);
}

TEST(DrmFdinfo, IsNothingWithoutADeviceAndAClient) {
  EXPECT_FALSE(parse_drm_fdinfo(""));
  EXPECT_FALSE(parse_drm_fdinfo("pos:\t0\nflags:\t0100002\n"));
  EXPECT_FALSE(parse_drm_fdinfo("drm-pdev:\t0000:03:00.0\ndrm-resident-vram:\t1 MiB\n"));
  EXPECT_FALSE(parse_drm_fdinfo("drm-client-id:\t1\ndrm-resident-vram:\t1 MiB\n"));
  EXPECT_FALSE(parse_drm_fdinfo("drm-pdev:\t0000:03:00.0\ndrm-client-id:\t1"));  // cut off
}

TEST(DrmFdinfo, SurvivesEverySpoiling) {
  const TempTree machine("amdgpu");
  const std::string text = machine.read("proc/4242/fdinfo/5");
  for (const auto& spoiler : support::spoilers()) {
    const auto parsed = parse_drm_fdinfo(spoiler.spoil(text));
    EXPECT_FALSE(spoiler.leaves_nothing && parsed) << spoiler.name;
    if (!parsed) continue;
    EXPECT_GE(parsed->resident.value_or(Bytes{}), Bytes{}) << spoiler.name;
  }
}

}  // namespace
}  // namespace spillway
