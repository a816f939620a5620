#include "fit/learned/corrections_text.h"

#include <gtest/gtest.h>

#include "tests/support/mutations.h"

namespace spillway::fit {
namespace {

Lesson lesson(const std::string& device) {
  Lesson made{{"qwen2 3 6 BF16", device, "llama.cpp b9460", "flash"}, {}, 5_GiB, 6_GiB, {}};
  made.correction.where = device == "ram" ? Where::ram : Where::vram;
  made.correction.constant = Bytes{-12'345};
  made.correction.compute_scale = 1.25;
  made.at = WallTime{1'780'000'000'000'000'000};
  return made;
}

std::string text() {
  Corrections corrections;
  corrections.add(lesson("ram"));
  corrections.add(lesson("vram:GPU-1"));
  return corrections_text(corrections);
}

/// The good text with one word of its first line replaced.
std::size_t skipped_with(const std::string& word, const std::string& other) {
  std::string changed = text();
  const auto at = changed.find(word);
  EXPECT_NE(at, std::string::npos) << word;
  changed.replace(at, word.size(), other);
  const ReadCorrections read = parse_corrections(changed);
  EXPECT_EQ(read.corrections.lessons().size() + read.skipped, 2U) << other;
  return read.skipped;
}

TEST(CorrectionsText, IsReadAsItWasWritten) {
  const ReadCorrections read = parse_corrections(text());
  EXPECT_EQ(read.skipped, 0U);
  ASSERT_EQ(read.corrections.lessons().size(), 2U);
  EXPECT_EQ(read.corrections.lessons()[0], lesson("ram"));
  EXPECT_EQ(read.corrections.lessons()[1], lesson("vram:GPU-1"));
}

TEST(CorrectionsText, GarbageBetweenTheLinesIsSkippedAndCounted) {
  const ReadCorrections read = parse_corrections("garbage\n[1]\n\n{}\n" + text() + "{\"schema\":");
  EXPECT_EQ(read.skipped, 4U);
  EXPECT_EQ(read.corrections.lessons().size(), 2U);
}

TEST(CorrectionsText, WhatIsOutOfBoundsIsNoLesson) {
  EXPECT_EQ(skipped_with("correction/1", "correction/2"), 1U);
  EXPECT_EQ(skipped_with("\"2026", "\"202six"), 1U);
  EXPECT_EQ(skipped_with("\"qwen2", "\"" + std::string(600, 'q')), 1U);
  EXPECT_EQ(skipped_with("-12345", "-9e300"), 1U);
  EXPECT_EQ(skipped_with("-12345", "-99999999999999999"), 1U);
  EXPECT_EQ(skipped_with("-12345", "18446744073709551615"), 1U);
  EXPECT_EQ(skipped_with("-12345", "null"), 1U);
  EXPECT_EQ(skipped_with("1.25", "1e9"), 1U);
  EXPECT_EQ(skipped_with("1.25", "-1"), 1U);
  EXPECT_EQ(skipped_with("\"measured_bytes\":6442450944", "\"measured_bytes\":0"), 1U);
  EXPECT_EQ(skipped_with("\"constant_bytes\"", "\"other\""), 1U);
  EXPECT_EQ(skipped_with("\"use\"", "\"comment\":{},\"use\""), 0U);  // of a later version
}

TEST(CorrectionsText, NoDamageIsFatal) {
  support::each_mutation(text(), [](const std::string& damaged) {
    EXPECT_LE(parse_corrections(damaged).corrections.lessons().size(), 2U);
  });
}

}  // namespace
}  // namespace spillway::fit
