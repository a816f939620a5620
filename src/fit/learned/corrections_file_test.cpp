#include "fit/learned/corrections_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using testing::HasSubstr;

std::string path_with(bool root, const std::map<std::string, std::string>& variables) {
  return corrections_path(root, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

Lesson lesson(const std::string& model, Bytes measured) {
  return {{model, "ram", "llama.cpp", "flash"}, {.where = Where::ram}, 1_GiB, measured, {}};
}

TEST(CorrectionsFile, IsInTheUsersStateOrTheSystems) {
  EXPECT_EQ(path_with(false, {{"HOME", "/home/x"}}),
            "/home/x/.local/state/spillway/corrections.jsonl");
  EXPECT_EQ(path_with(false, {{"HOME", "/home/x"}, {"XDG_STATE_HOME", "/s"}}),
            "/s/spillway/corrections.jsonl");
  EXPECT_EQ(path_with(false, {{"XDG_STATE_HOME", "relative"}}), "");
  EXPECT_EQ(path_with(true, {{"HOME", "/root"}}), "/var/lib/spillway/corrections.jsonl");
}

TEST(CorrectionsFile, RemembersFromRunToRun) {
  const support::TempDir dir;
  const std::string path = dir / "state/spillway/corrections.jsonl";
  std::vector<Error> errors;
  EXPECT_TRUE(read_corrections(path, errors).lessons().empty());
  ASSERT_TRUE(remember(path, lesson("a", 1_GiB)));
  ASSERT_TRUE(remember(path, lesson("b", 2_GiB)));
  ASSERT_TRUE(remember(path, lesson("a", 3_GiB)));
  const Corrections known = read_corrections(path, errors);
  ASSERT_EQ(known.lessons().size(), 2U);
  EXPECT_EQ(known.lessons()[1], lesson("a", 3_GiB));
  EXPECT_TRUE(errors.empty());
}

TEST(CorrectionsFile, LinesThatAreNoneAreSaidAndDropped) {
  const support::TempDir dir;
  const std::string path = dir.write("c.jsonl", "garbage\n\xff\xfe\n");
  std::vector<Error> errors;
  EXPECT_TRUE(read_corrections(path, errors).lessons().empty());
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(to_string(errors[0]), HasSubstr("c.jsonl: 2 lines that are no correction"));
  ASSERT_TRUE(remember(path, lesson("a", 1_GiB)));
  EXPECT_EQ(read_corrections(path, errors).lessons().size(), 1U);
  EXPECT_EQ(errors.size(), 1U);
}

TEST(CorrectionsFile, WhatIsNoFileOrTooLongIsLeftAlone) {
  const support::TempDir dir;
  const std::string large = dir.write("large", std::string(2 << 20, 'x'));
  for (const std::string& path : {large, dir.path()}) {
    std::vector<Error> errors;
    EXPECT_TRUE(read_corrections(path, errors).lessons().empty());
    EXPECT_EQ(errors.size(), 1U);
    EXPECT_FALSE(remember(path, lesson("a", 1_GiB)));
  }
  EXPECT_EQ(dir.read("large").size(), std::size_t{2} << 20);
  EXPECT_FALSE(remember("", lesson("a", 1_GiB)));
}

}  // namespace
}  // namespace spillway::fit
