#include "sense/pss_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::TempTree;

PssReader::Job job(pid_t pid, const std::string& path) {
  return {{pid, 1}, std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
}

TEST(PssReader, MeasuresWhatItIsAskedForInOrder) {
  const TempTree tree;
  PssReader reader;
  const std::vector<PssReader::Job> jobs{job(2, tree.write("two", "Pss:  2 kB\n")),
                                         job(1, tree.write("one", "Pss:  1 kB\n"))};
  const auto pss = reader.measure(jobs, 10s);
  ASSERT_EQ(pss.size(), 2u);
  EXPECT_EQ(pss[0], 2_KiB);
  EXPECT_EQ(pss[1], 1_KiB);
}

TEST(PssReader, WhatCannotBeReadIsUnknownAndNotWaitedForAgain) {
  const TempTree tree;
  PssReader reader;
  const std::vector<PssReader::Job> jobs{job(1, tree.write("one", "garbage\n")),
                                         job(2, tree / "missing")};
  EXPECT_EQ(reader.measure(jobs, 10s), (std::vector<std::optional<Bytes>>(2)));
  EXPECT_EQ(reader.measure(jobs, 1h), (std::vector<std::optional<Bytes>>(2)));
}

TEST(PssReader, NothingToMeasureStartsNothing) {
  PssReader reader;
  EXPECT_TRUE(reader.measure({}, 1h).empty());
}

TEST(PssReader, AnswersFromMemoryWhileItReadsAgain) {
  const TempTree tree;
  PssReader reader;
  const std::vector<PssReader::Job> jobs{job(1, tree.write("one", "Pss:  1 kB\n"))};
  EXPECT_EQ(reader.measure(jobs, 10s)[0], 1_KiB);
  tree.write("one", "Pss:  7 kB\n");
  const SystemClock clock;
  const TimePoint until = clock.now() + 10s;
  while (reader.measure(jobs, 0s)[0] != 7_KiB && clock.now() < until) ::usleep(100);
  EXPECT_EQ(reader.measure(jobs, 0s)[0], 7_KiB);
}

}  // namespace
}  // namespace spillway
