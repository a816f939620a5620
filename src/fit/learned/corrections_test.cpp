#include "fit/learned/corrections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/files/open_model.h"

namespace spillway::fit {
namespace {

using testing::HasSubstr;

constexpr const char* kGpu = "vram:GPU-1";
const WallTime kThen{1'780'000'000'000'000'000};  // 2026-05-28

class CorrectionsTest : public testing::Test {
 protected:
  Lesson lesson(const Use& use, Bytes more) const {
    const Where where = use.on_cpu ? Where::ram : Where::vram;
    const Bytes likely = footprint_of(shape, use)->sum(where).likely;
    return lesson_of(shape, use, use.on_cpu ? kRamDevice : kGpu, likely + more, kThen).value();
  }
  Range total(const Corrected& by, const Use& use, Where where = Where::vram) const {
    return by.footprint_of(shape, use)->sum(where);
  }

  Shape shape = shape_of(by_hand("m", 3'000'000'000, TensorType::f16)).value();
  Use gpu{.backend = Backend::transformers};
  Use cpu{.backend = Backend::onnxruntime, .on_cpu = true};
  Corrections known;
};

TEST_F(CorrectionsTest, TheRunThatTaughtIsPredictedToThreePercent) {
  for (const Bytes more : {Bytes{-300 << 20}, 300_MiB, 3_GiB}) {
    known.add(lesson(gpu, more));
    const Corrected by = corrected(known, shape, gpu, kGpu);
    ASSERT_TRUE(by.lesson);
    const Range range = total(by, gpu);
    EXPECT_NEAR(static_cast<double>(range.likely.count),
                static_cast<double>(by.lesson->measured.count), 16);
    EXPECT_GE(range.high, by.lesson->measured);
  }
}

TEST_F(CorrectionsTest, ALengthIsNoOtherRunButEverythingElseIs) {
  known.add(lesson(gpu, 300_MiB));
  Use other = gpu;
  other.context = 16'384;
  EXPECT_TRUE(corrected(known, shape, other, kGpu).lesson);
  other = gpu;
  other.attention = Attention::eager;
  EXPECT_FALSE(corrected(known, shape, other, kGpu).lesson);
  other = gpu;
  other.slots = 4;
  EXPECT_FALSE(corrected(known, shape, other, kGpu).lesson);
  EXPECT_FALSE(corrected(known, shape, gpu, "vram:GPU-2").lesson);
  EXPECT_FALSE(corrected(known, shape, gpu, "").lesson);
  EXPECT_FALSE(corrected(known, shape, cpu, kGpu).lesson);
  const Shape larger = shape_of(by_hand("m", 3'000'000'001, TensorType::f16)).value();
  EXPECT_FALSE(corrected(known, larger, gpu, kGpu).lesson);
}

// Else a change would look better than it is, only because nobody has measured it.
TEST_F(CorrectionsTest, OtherWaysToRunItAreCorrectedLikeWhatWasAskedFor) {
  known.add(lesson(gpu, 300_MiB));
  const Corrected by = corrected(known, shape, gpu, kGpu);
  Use changed = gpu;
  changed.precision = TensorType::i8;
  const Bytes plain = footprint_of(shape, changed)->sum(Where::vram).likely;
  EXPECT_GT(total(by, changed).likely, plain);
  known.add(lesson(changed, 100_MiB));
  EXPECT_NEAR(static_cast<double>(total(corrected(known, shape, gpu, kGpu), changed).likely.count),
              static_cast<double>((plain + 100_MiB).count), 16);
  changed.on_cpu = true;  // there nothing was measured
  EXPECT_EQ(total(by, changed), Range{});
  EXPECT_EQ(total(by, changed, Where::ram), footprint_of(shape, changed)->sum(Where::ram));
}

TEST_F(CorrectionsTest, InRamItHoldsWhateverTheCard) {
  known.add(lesson(cpu, 100_MiB));
  EXPECT_TRUE(corrected(known, shape, cpu, "").lesson);
  EXPECT_TRUE(corrected(known, shape, cpu, kGpu).lesson);
}

TEST_F(CorrectionsTest, WhatIsNotThisModelIsNotLearned) {
  const auto little = lesson_of(shape, gpu, kGpu, 100_MiB, kThen);
  ASSERT_FALSE(little);
  EXPECT_THAT(little.error().what, HasSubstr("100 MiB were measured"));
  EXPECT_FALSE(lesson_of(shape, gpu, kGpu, Bytes::limit(false), kThen));
  EXPECT_FALSE(lesson_of(shape, gpu, kGpu, Bytes{}, kThen));
}

TEST_F(CorrectionsTest, AnAbsurdLessonIsNotFollowed) {
  Lesson absurd = lesson(gpu, 0_B);
  absurd.correction.constant = Bytes{std::int64_t{1} << 49};
  known.add(absurd);
  const Corrected by = corrected(known, shape, gpu, kGpu);
  EXPECT_FALSE(by.lesson);
  EXPECT_THAT(by.warning, HasSubstr("2026-05-28"));
  EXPECT_EQ(total(by, gpu), footprint_of(shape, gpu)->sum(Where::vram));
}

TEST_F(CorrectionsTest, TheLatestOfEachKeyIsKeptAndNotTooMany) {
  known.add(lesson(gpu, 100_MiB));
  known.add(lesson(cpu, 100_MiB));
  known.add(lesson(gpu, 200_MiB));
  ASSERT_EQ(known.lessons().size(), 2U);
  EXPECT_EQ(known.lessons().back(), lesson(gpu, 200_MiB));
  for (std::uint64_t slots = 2; slots <= Corrections::kMost; ++slots) {
    Use use = gpu;
    use.slots = slots;
    known.add(lesson(use, 100_MiB));
  }
  EXPECT_EQ(known.lessons().size(), Corrections::kMost);
  EXPECT_EQ(known.find(key_of(shape, cpu, kRamDevice)), nullptr);  // the oldest
  EXPECT_NE(known.find(key_of(shape, gpu, kGpu)), nullptr);
}

}  // namespace
}  // namespace spillway::fit
