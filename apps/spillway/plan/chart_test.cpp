#include "plan/chart.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

using fit::PartKind;
using fit::Where;

Result<fit::Footprint> pretend(const fit::Shape&, const fit::Use& use) {
  if (use.context > 100'000) return fail(Errc::invalid, "too long");
  const Bytes kv{static_cast<std::int64_t>(use.context) * 1024};
  return fit::Footprint{
      {{PartKind::weights, Where::vram, "", fit::exactly(1_GiB), fit::Origin::exact, ""},
       {PartKind::kv, Where::vram, "", fit::exactly(kv), fit::Origin::exact, ""}}};
}

fit::ModelToPlan model(std::uint64_t context) {
  fit::ModelToPlan made;
  made.shape.name = "m";
  made.use.context = context;
  return made;
}

TEST(Chart, GrowsWithTheContext) {
  const PlanChart chart = chart_of({model(3000)}, 4_GiB, 0.7, {pretend});
  ASSERT_EQ(chart.bars.size(), 5U);
  EXPECT_EQ(chart.bars[0].label, "512");
  EXPECT_EQ(chart.bars[3].label, "3000");
  EXPECT_EQ(chart.bars[4].label, "4096");
  ASSERT_EQ(chart.bars[4].layers.size(), 4U);
  EXPECT_EQ(chart.bars[4].layers[1].bytes, 4_MiB);
  EXPECT_EQ(chart.safe, scaled(4_GiB, 0.7));
}

TEST(Chart, OfSeveralModelsShowsEach) {
  const PlanChart chart = chart_of({model(512), model(1024)}, 4_GiB, 0.7, {pretend, pretend});
  ASSERT_EQ(chart.bars.size(), 3U);
  EXPECT_EQ(chart.bars[0].layers.size(), 2U);
  EXPECT_EQ(chart.title, "m, m: VRAM by tokens of context");
}

TEST(Chart, HasNoMoreBarsThanOneCanRead) {
  EXPECT_LE(chart_of({model(std::uint64_t{1} << 40)}, 4_GiB, 0.7, {pretend}).bars.size(), 12U);
  EXPECT_TRUE(chart_of({}, 4_GiB, 0.7, {}).bars.empty());
}

}  // namespace
}  // namespace spillway
