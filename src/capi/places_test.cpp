#include "capi/places.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

const PoolId kVram{"vram:GPU-1"};

Variant variant(std::string name, std::vector<PoolChange> bytes = {}) {
  return {std::move(name), std::move(bytes)};
}

Bytes held(const std::vector<PoolChange>& holds, const PoolId& pool) {
  Bytes sum;
  for (const PoolChange& part : holds) {
    if (part.pool == pool) sum += part.delta;
  }
  return sum;
}

TEST(Places, WithoutVariantsAMoveToTheCpuChargesRam) {
  const Places places(kVram, 1_GiB, {});
  EXPECT_EQ(places.home(), "resident");
  EXPECT_EQ(held(places.holds("resident"), kVram), 1_GiB);
  EXPECT_EQ(held(places.holds("cpu"), kRam), 1_GiB);
  EXPECT_EQ(held(places.holds("cpu"), kVram), 0_B);
  EXPECT_TRUE(places.holds("").empty());
}

TEST(Places, ACpuVariantThatNamesNothingNeedsTheFirstOnesBytesInRam) {
  const Places places(kVram, {}, {variant("fp16", {{kVram, 2_GiB}}), variant("cpu")});
  EXPECT_TRUE(places.has_cpu());
  EXPECT_EQ(held(places.holds("cpu"), kRam), 2_GiB);
  const auto change = places.change("fp16", "cpu");
  EXPECT_EQ(held(change, kVram), -2_GiB);
  EXPECT_EQ(held(change, kRam), 2_GiB);
}

TEST(Places, ACpuVariantThatNamesItsRamKeepsIt) {
  const Places places(kVram, {},
                      {variant("fp16", {{kVram, 2_GiB}}), variant("cpu", {{kRam, 3_GiB}})});
  EXPECT_EQ(held(places.holds("cpu"), kRam), 3_GiB);
}

TEST(Places, KnowsWhatAVerbMeansWithoutADetail) {
  const Places places(kVram, {}, {variant("fp16", {{kVram, 2_GiB}}), variant("cpu")});
  EXPECT_EQ(places.target("restore", "", "cpu"), "fp16");
  EXPECT_EQ(places.target("offload", "", "fp16"), "cpu");
  EXPECT_EQ(places.target("offload", "disk", "fp16"), "disk");
  EXPECT_EQ(places.target("unload", "fp16", "fp16"), "");
  EXPECT_EQ(places.target("shrink", "", "fp16"), "fp16");
}

TEST(Places, TakesTheProgramsWordForWhatItHolds) {
  Places places(kVram, {}, {variant("fp16", {{kVram, 2_GiB}}), variant("cpu")});
  places.set_bytes("fp16", kVram, 3_GiB);
  places.set_bytes("fp16", kRam, 1_GiB);
  EXPECT_EQ(held(places.holds("fp16"), kVram), 3_GiB);
  EXPECT_EQ(held(places.holds("fp16"), kRam), 1_GiB);
  places.set_bytes("fp16", kRam, {});
  EXPECT_EQ(held(places.holds("fp16"), kRam), 0_B);
}

TEST(Places, KnowsNoPlaceThatWasNotDeclared) {
  const Places places(kVram, {}, {variant("fp16", {{kVram, 2_GiB}})});
  EXPECT_TRUE(places.known("fp16"));
  EXPECT_TRUE(places.known(""));
  EXPECT_FALSE(places.known("resident"));
  EXPECT_FALSE(places.known("fp8"));
}

}  // namespace
}  // namespace spillway
