#include "fit/need/correction.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/need/known_models_test.h"
#include "fit/need/measured_test.h"

namespace spillway::fit {
namespace {

using measured::kRows;
using measured::Row;

Footprint predicted(const Row& row) {
  const Use use{
      .backend = Backend::transformers, .context = row.tokens, .attention = row.attention};
  return footprint_of(known::shape_of("Qwen2.5-3B", TensorType::bf16), use).value();
}

Range allocated(const Footprint& footprint) {
  return footprint.sum(Where::vram, PartKind::weights) + footprint.sum(Where::vram, PartKind::kv) +
         footprint.sum(Where::vram, PartKind::compute);
}

// From any row of the table to any other of the same attention.
TEST(CorrectionTest, PredictsEveryRunFromAnyOther) {
  double worst = 0;
  for (const Row& known : kRows) {
    const Correction correction =
        learn(predicted(known), {.peak = {known.prefill_peak}, .whole_process = false});
    for (const Row& row : kRows) {
      if (row.attention != known.attention) continue;
      SCOPED_TRACE(testing::Message() << known.tokens << " teaches " << row.tokens);
      const Range range = allocated(apply(correction, predicted(row)));
      const double error =
          static_cast<double>(range.likely.count) / static_cast<double>(row.prefill_peak) - 1;
      worst = std::max(worst, std::abs(error));
      EXPECT_LE(std::abs(error), 0.03);
      EXPECT_GE(range.high.count, row.prefill_peak);
      EXPECT_LE(range.low.count, row.prefill_peak);
      EXPECT_LE(ratio(range.high, range.likely), 1.0301);
    }
  }
  fmt::print("worst error after one measured run: {:.2f} %\n", 100 * worst);
  EXPECT_LE(worst, 0.02);
}

// What NVML says of the process has the allocator's slack in it, 0 to 6 bytes per head and pair of
// tokens in eager attention whatever the length: no run tells of the next one's.
TEST(CorrectionTest, NeverPromisesLessThanAProcessTook) {
  double worst = 0;
  for (const Row& known : kRows) {
    const Correction correction = learn(predicted(known), {.peak = {known.used}});
    for (const Row& row : kRows) {
      if (row.attention != known.attention) continue;
      SCOPED_TRACE(testing::Message() << known.tokens << " teaches " << row.tokens);
      const Range range = apply(correction, predicted(row)).sum(Where::vram);
      EXPECT_GE(range.high.count, row.used);
      if (row.attention == Attention::flash) {
        worst = std::max(worst, std::abs(ratio(range.likely, {row.used}) - 1));
      }
    }
  }
  fmt::print("of whole processes, fused attention: {:.1f} %\n", 100 * worst);
  EXPECT_LE(worst, 0.10);
}

TEST(CorrectionTest, GivesBackTheVeryRunThatTaughtIt) {
  for (const Row& row : kRows) {
    for (const bool whole : {true, false}) {
      const Bytes peak{whole ? row.used : row.prefill_peak};
      const Footprint before = predicted(row);
      const Footprint after = apply(learn(before, {.peak = peak, .whole_process = whole}), before);
      const Range range = whole ? after.sum(Where::vram) : allocated(after);
      EXPECT_NEAR(static_cast<double>(range.likely.count), static_cast<double>(peak.count), 16);
      EXPECT_EQ(after.sum(Where::ram), before.sum(Where::ram));
    }
  }
}

TEST(CorrectionTest, LaysSmallDifferencesToConstantsAndLargeOnesToCompute) {
  const Footprint footprint = predicted(kRows[3]);  // eager, 4,096 tokens
  const Bytes likely = allocated(footprint).likely;
  const Correction small = learn(footprint, {.peak = likely + 20_MiB, .whole_process = false});
  EXPECT_EQ(small.constant, 20_MiB);
  EXPECT_EQ(small.compute_scale, 1);
  const Correction large = learn(footprint, {.peak = likely + 2_GiB, .whole_process = false});
  EXPECT_GT(large.compute_scale, 1.3);
  EXPECT_LT(large.constant, 128_MiB);
  EXPECT_EQ(apply(large, footprint).parts.back().origin, Origin::calibrated);
}

// Where context and slack may both be what is missing, each gets its share.
TEST(CorrectionTest, SharesWhatAProcessTookMoreBetweenConstantsAndSlack) {
  const Footprint footprint = predicted(kRows[3]);
  const Bytes likely = footprint.sum(Where::vram).likely;
  const Correction correction = learn(footprint, {.peak = likely + 200_MiB});
  EXPECT_GT(correction.constant, 0_B);
  EXPECT_LT(correction.constant, 200_MiB);
  EXPECT_GT(correction.slack_scale, 1);
  EXPECT_NEAR(correction.compute_scale, 1, 1e-6);
}

// llama.cpp allocates what it needs and no more: then nothing but the margin is left.
TEST(CorrectionTest, WithoutSlackItIsTheMarginToEitherSide) {
  const Use use{.backend = Backend::llama_cpp};
  const Footprint footprint =
      footprint_of(known::shape_of("Qwen2.5-3B", TensorType::f16), use).value();
  for (const Bytes off : {Bytes{-200 << 20}, 200_MiB}) {
    const Bytes peak = footprint.sum(Where::vram).likely + off;
    const Range range = apply(learn(footprint, {.peak = peak}), footprint).sum(Where::vram);
    EXPECT_GE(range.high, peak);
    EXPECT_NEAR(ratio(range.high, peak), 1.03, 1e-6);
    EXPECT_NEAR(ratio(range.low, peak), 0.97, 1e-6);
  }
}

TEST(CorrectionTest, KeepsAwayFromMeasurementsOfSomethingElse) {
  const Footprint footprint = predicted(kRows[10]);
  for (const Bytes peak : {Bytes{}, Bytes{-1}, Bytes::limit(false), Bytes::limit(true)}) {
    const Correction correction = learn(footprint, {.peak = peak});
    EXPECT_GE(correction.compute_scale, 0.1);
    EXPECT_LE(correction.compute_scale, 10);
    apply(correction, footprint);
  }
  const Correction nothing = learn({}, {.peak = 1_GiB});
  EXPECT_EQ(nothing.constant, 1_GiB);
  EXPECT_EQ(apply(nothing, {}).sum(Where::vram).likely, 1_GiB);
}

}  // namespace
}  // namespace spillway::fit
