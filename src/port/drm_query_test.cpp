#include "port/drm_query.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using Answer = std::vector<std::byte>;

template <class T>
void put(Answer& answer, std::size_t offset, T value) {
  if (answer.size() < offset + sizeof(value)) answer.resize(offset + sizeof(value));
  std::memcpy(answer.data() + offset, &value, sizeof(value));
}

struct Region {
  std::uint16_t kind;  // 0: system memory, 1: the GPU's own
  std::uint64_t first, second;
};

/// As drm_i915_query_memory_regions (header 16) and drm_xe_query_mem_regions (header 8) lay them out.
Answer regions(std::size_t header, const std::vector<Region>& list) {
  Answer answer(header + 88 * list.size());
  put(answer, 0, static_cast<std::uint32_t>(list.size()));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::size_t at = header + 88 * i;
    put(answer, at, list[i].kind);
    put(answer, at + 8, list[i].first);
    put(answer, at + 16, list[i].second);
  }
  return answer;
}

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

TEST(DrmQuery, AmdgpuTellsApusByTheFusionFlag) {
  Answer answer(512);
  put(answer, 136, std::uint64_t{0x2});
  EXPECT_EQ(decode_amdgpu_device(answer)->integrated, false);
  put(answer, 136, std::uint64_t{0x3});
  EXPECT_EQ(decode_amdgpu_device(answer)->integrated, true);
}

TEST(DrmQuery, I915CountsLocalMemoryOnly) {
  const auto facts =
      decode_i915_regions(regions(16, {{0, 32 * kGiB, 32 * kGiB}, {1, 16 * kGiB, 10 * kGiB}}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->integrated, false);
  EXPECT_EQ(facts->total, 16_GiB);
  EXPECT_EQ(facts->used, 6_GiB);
}

TEST(DrmQuery, AnUnprivilegedAnswerIsUnknownNotFree) {
  const auto i915 = decode_i915_regions(regions(16, {{1, 16 * kGiB, 16 * kGiB}}));
  ASSERT_TRUE(i915);
  EXPECT_EQ(i915->total, 16_GiB);
  EXPECT_EQ(i915->used, std::nullopt);
  const auto xe = decode_xe_regions(regions(8, {{1, 12 * kGiB, 0}}));
  ASSERT_TRUE(xe);
  EXPECT_EQ(xe->total, 12_GiB);
  EXPECT_EQ(xe->used, std::nullopt);
}

TEST(DrmQuery, XeAddsUpItsTiles) {
  const auto facts = decode_xe_regions(
      regions(8, {{0, 64 * kGiB, kGiB}, {1, 24 * kGiB, 5 * kGiB}, {1, 24 * kGiB, 7 * kGiB}}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->total, 48_GiB);
  EXPECT_EQ(facts->used, 12_GiB);
}

TEST(DrmQuery, OneUnknownTileMakesTheSumUnknown) {
  const auto facts = decode_xe_regions(regions(8, {{1, 24 * kGiB, 0}, {1, 24 * kGiB, 7 * kGiB}}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->used, std::nullopt);
}

TEST(DrmQuery, OnlySystemMemoryIsAnIntegratedGpu) {
  const auto facts = decode_i915_regions(regions(16, {{0, 16 * kGiB, 16 * kGiB}}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->integrated, true);
  EXPECT_EQ(facts->total, std::nullopt);
}

TEST(DrmQuery, RefusesAnswersCutShort) {
  for (std::size_t length = 0; length < 144; ++length) {
    EXPECT_FALSE(decode_amdgpu_device(Answer(length))) << length;
  }
  const Answer whole = regions(16, {{1, kGiB, 0}, {1, kGiB, 0}});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode_i915_regions(std::span(whole).first(length))) << length;
  }
  Answer lying = regions(8, {{1, kGiB, 0}});
  put(lying, 0, std::uint32_t{0xffffffff});
  EXPECT_FALSE(decode_xe_regions(lying));
}

TEST(DrmQuery, RefusesImpossibleSizes) {
  EXPECT_FALSE(decode_xe_regions(regions(8, {{1, kGiB, 2 * kGiB}})));
  EXPECT_FALSE(decode_xe_regions(regions(8, {{1, ~std::uint64_t{0}, 1}})));
  EXPECT_FALSE(decode_i915_regions(regions(16, {{1, ~std::uint64_t{0}, 1}})));
}

TEST(DrmQuery, SaysWhatCannotBeAsked) {
  const support::TempTree tree;
  const SysRoot root(tree.path());
  EXPECT_EQ(query_drm(root, "xe", "/dev/dri/renderD128").error().code, Errc::not_found);
  tree.write("dev/dri/renderD128", "no device");
  for (const char* driver : {"amdgpu", "i915", "xe"}) {
    const auto facts = query_drm(root, driver, "/dev/dri/renderD128");
    ASSERT_FALSE(facts) << driver;
    EXPECT_EQ(facts.error().where, tree / "dev/dri/renderD128");
  }
  EXPECT_EQ(query_drm(root, "nouveau", "/dev/dri/renderD128").error().code, Errc::unsupported);
}

}  // namespace
}  // namespace spillway
