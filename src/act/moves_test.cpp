#include "act/moves.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

const PoolId kGpu{"vram:GPU-1"};

std::string text(const std::optional<Move>& move) {
  if (!move) return "none";
  std::string line = move->detail + (move->sure ? ":" : "?:");
  for (const auto& [pool, delta] : move->changes) {
    line += " " + pool.text + " " + std::to_string(delta.count);
  }
  return line;
}

Tenant able() {
  Tenant tenant;
  tenant.id = {"stt"};
  tenant.abilities = {true, true, true, true, true, true};
  return tenant;
}

TEST(Moves, TrimFreesTheCachesWhereMostIsHeld) {
  Tenant tenant = able();
  tenant.holds = {{kRam, 100_B}, {kGpu, 1000_B}};
  tenant.trimmable = 40_B;
  EXPECT_EQ(text(move_of(Rung::trim, tenant)), ": vram:GPU-1 -40");
  tenant.trimmable = 0_B;
  EXPECT_EQ(text(move_of(Rung::trim, tenant)), "none");
  tenant.trimmable.reset();
  EXPECT_EQ(text(move_of(Rung::trim, tenant)), "?: ram -6 vram:GPU-1 -62");
}

TEST(Moves, ShrinkGoesToTheNextSmallerVariantThatIsNoPlace) {
  Tenant tenant = able();
  tenant.variants = {{"fp32", {{kGpu, 3600_B}}},
                     {"fp16", {{kGpu, 1800_B}}},
                     {"odd", {{kGpu, 2000_B}}},
                     {"small", {{kGpu, 1200_B}}},
                     {"cpu", {{kRam, 1200_B}}}};
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "fp16: vram:GPU-1 -1800");
  tenant.variant = "fp16";
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "small: vram:GPU-1 -600");
  tenant.variant = "small";
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "none");
}

TEST(Moves, ShrinkWithoutVariantsIsGuessedAndTakenOnce) {
  Tenant tenant = able();
  tenant.holds = {{kGpu, 800_B}};
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "?: vram:GPU-1 -100");
  tenant.taken = {{Rung::shrink, "callback", "", {}, {}}};
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "none");
}

TEST(Moves, OffloadFollowsTheVariantsElseChargesRam) {
  Tenant tenant = able();
  tenant.holds = {{kGpu, 900_B}, {kRam, 50_B}};
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "cpu: ram 900 vram:GPU-1 -900");
  tenant.variants = {{"fp16", {{kGpu, 900_B}}}, {"cpu", {{kRam, 300_B}}}};
  tenant.variant = "fp16";
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "cpu: ram 300 vram:GPU-1 -900");
  tenant.taken = {{Rung::offload, "callback", "cpu", {}, {}}};
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "none");
  EXPECT_EQ(text(move_of(Rung::shrink, tenant)), "none");
}

TEST(Moves, OffloadOfARamModelGoesToItsSmallestVariant) {
  Tenant tenant = able();
  tenant.variants = {{"large", {{kRam, 900_B}}}, {"tiny", {{kRam, 100_B}}}};
  tenant.variant = "large";
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "tiny: ram -800");
  tenant.variant = "tiny";
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "none");
  tenant.variants.clear();
  tenant.holds = {{kRam, 900_B}};
  EXPECT_EQ(text(move_of(Rung::offload, tenant)), "none");
}

TEST(Moves, UnloadFreesAllButNotWhileARequestRuns) {
  Tenant tenant = able();
  tenant.holds = {{kRam, 900_B}};
  EXPECT_EQ(text(move_of(Rung::unload_idle, tenant)), ": ram -900");
  tenant.busy = true;
  EXPECT_EQ(text(move_of(Rung::unload_idle, tenant)), "none");
  tenant.busy = false;
  tenant.taken = {{Rung::unload_idle, "callback", "", {}, {}}};
  for (const Rung rung : kRungs) EXPECT_EQ(text(move_of(rung, tenant)), "none");
  EXPECT_TRUE(current_bytes(tenant).empty());
}

TEST(Moves, AFrozenProgramCannotFollow) {
  Tenant tenant = able();
  tenant.holds = {{kRam, 900_B}};
  tenant.taken = {{Rung::freeze, "freeze", "SIGSTOP", {}, {}}};
  for (const Rung rung : kRungs) EXPECT_EQ(text(move_of(rung, tenant)), "none");
}

TEST(Moves, OnlyWhatTheProgramCanDoIsOffered) {
  Tenant tenant;
  tenant.holds = {{kGpu, 900_B}};
  tenant.trimmable = 10_B;
  for (const Rung rung : kRungs) EXPECT_EQ(text(move_of(rung, tenant)), "none");
}

TEST(Moves, TheWayBackLeadsToThePlaceBefore) {
  Tenant tenant = able();
  EXPECT_EQ(place_before(tenant, Rung::unload_idle), "");
  tenant.variants = {{"fp32", {}}, {"fp16", {}}, {"small", {}}, {"cpu", {}}};
  tenant.taken = {{Rung::shrink, "callback", "fp16", {}, {}},
                  {Rung::shrink, "callback", "small", {}, {}},
                  {Rung::offload, "callback", "cpu", {}, {}}};
  EXPECT_EQ(place_before(tenant, Rung::offload), "small");
  EXPECT_EQ(place_before(tenant, Rung::shrink), "fp16");
  tenant.taken.pop_back();
  tenant.taken.pop_back();
  EXPECT_EQ(place_before(tenant, Rung::shrink), "fp32");
}

TEST(Moves, DeclarationsBeyondAllBoundsDoNotOverflow) {
  Tenant tenant = able();
  const Bytes most = Bytes::limit(false), least = Bytes::limit(true);
  tenant.holds = {{kGpu, most}, {kGpu, most}, {kRam, least}};
  for (const Rung rung : kRungs) (void)move_of(rung, tenant);
  tenant.trimmable = least;
  EXPECT_EQ(text(move_of(Rung::trim, tenant)), "none");
}

}  // namespace
}  // namespace spillway
