#include "config/load.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::TempDir;

/// The trees of a machine, below a directory of the test's own.
struct Load : testing::Test {
  TempDir dir;

  ConfigPlaces places() const {
    return {{{dir / "usr"}, {dir / "run"}, {dir / "etc"}, {dir / "home", false}}, {}};
  }
  LoadedConfig load() const { return load_config(places()); }

  /// The one text as /etc/spillway/spillway.toml.
  LoadedConfig load(std::string_view text) const {
    dir.write("etc/spillway.toml", text);
    return load();
  }

  std::string first_problem(const LoadedConfig& loaded) const {
    if (loaded.problems.empty()) return "none";
    std::string text = to_string(loaded.problems.front());
    const std::string base = dir.path() + "/";
    if (const auto at = text.find(base); at != text.npos) text.erase(at, base.size());
    return text;
  }

  static std::string value_of(const LoadedConfig& loaded, const std::string& key) {
    for (const ConfigValue& value : loaded.values) {
      if (value.key == key) return value.value;
    }
    return "missing";
  }
};

TEST_F(Load, WithoutAnyFileTheDefaultsHold) {
  const LoadedConfig loaded = load();
  EXPECT_TRUE(loaded.usable());
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_TRUE(loaded.files.empty());
  EXPECT_DOUBLE_EQ(loaded.config.policy.of(kRam).at(Level::warning).enter, 0.8);
  EXPECT_DOUBLE_EQ(loaded.config.policy.of(kSwap).worst_rate, 0.8e9);
}

TEST_F(Load, TheHighestMainFileCountsAlone) {
  dir.write("usr/spillway.toml", "[ladder]\ntrims_at_warning = 2\ntrims_at_critical = 7\n");
  dir.write("etc/spillway.toml", "[ladder]\ntrims_at_warning = 3\n");
  const Config config = load().config;
  EXPECT_EQ(config.policy.ladder.trims_at_warning, 3);
  EXPECT_EQ(config.policy.ladder.trims_at_critical, LadderPolicy{}.trims_at_critical);
}

TEST_F(Load, DropInsOfAllTreesAreReadByFileName) {
  dir.write("etc/spillway.toml", "[ladder]\ntrims_at_warning = 1\n");
  dir.write("home/spillway.toml.d/10-a.toml", "[ladder]\ntrims_at_warning = 10\n");
  dir.write("usr/spillway.toml.d/20-b.toml", "[ladder]\ntrims_at_warning = 20\n");
  dir.write("run/spillway.toml.d/15-c.toml", "[ladder]\ntrims_at_warning = 15\n");
  dir.write("run/spillway.toml.d/notes.txt", "not toml");
  const LoadedConfig loaded = load();
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.policy.ladder.trims_at_warning, 20);
  EXPECT_EQ(loaded.files.size(), 4);
}

TEST_F(Load, ADropInMasksTheSameNameInALowerTree) {
  dir.write("usr/spillway.toml.d/20-b.toml", "[ladder]\ntrims_at_warning = 20\n");
  dir.write("etc/spillway.toml.d/20-b.toml", "[ladder]\ntrims_at_critical = 5\n");
  const Config config = load().config;
  EXPECT_EQ(config.policy.ladder.trims_at_warning, LadderPolicy{}.trims_at_warning);
  EXPECT_EQ(config.policy.ladder.trims_at_critical, 5);
}

TEST_F(Load, AnEmptyFileOrDevNullMasksToo) {
  dir.write("usr/spillway.toml", "[ladder]\ntrims_at_warning = 2\n");
  dir.write("etc/spillway.toml", "");
  dir.write("usr/spillway.toml.d/20-b.toml", "[ladder]\ntrims_at_critical = 20\n");
  std::filesystem::create_directories(dir / "etc/spillway.toml.d");
  std::filesystem::create_symlink("/dev/null", dir / "etc/spillway.toml.d/20-b.toml");
  const LoadedConfig loaded = load();
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.policy.ladder.trims_at_warning, LadderPolicy{}.trims_at_warning);
  EXPECT_EQ(loaded.config.policy.ladder.trims_at_critical, LadderPolicy{}.trims_at_critical);
}

TEST_F(Load, OneFileCanStandForAllTrees) {
  dir.write("etc/spillway.toml", "[ladder]\ntrims_at_warning = 2\n");
  ConfigPlaces only = places();
  only.only = dir.write("mine.toml", "[ladder]\ntrims_at_critical = 9\n");
  const Config config = load_config(only).config;
  EXPECT_EQ(config.policy.ladder.trims_at_warning, LadderPolicy{}.trims_at_warning);
  EXPECT_EQ(config.policy.ladder.trims_at_critical, 9);
  only.only = dir / "missing.toml";
  EXPECT_FALSE(load_config(only).usable());
}

TEST_F(Load, AnUnknownKeyIsAWarningWithPlaceAndSuggestion) {
  const LoadedConfig loaded = load("[ladder]\n\n  step_deadlin = \"3s\"\n");
  EXPECT_TRUE(loaded.usable());
  EXPECT_EQ(first_problem(loaded),
            "etc/spillway.toml:3:18: unknown key ladder.step_deadlin (did you mean "
            "ladder.step_deadline?)");
}

TEST_F(Load, UnknownTablesAndPoolKeysAreSuggestedToo) {
  EXPECT_EQ(first_problem(load("[laddder]\ntrims_at_warning = 1\n")),
            "etc/spillway.toml:2:20: unknown key laddder.trims_at_warning (did you mean "
            "ladder.trims_at_warning?)");
  EXPECT_NE(first_problem(load("[pools.\"vram:*\"]\nmargn = 0.1\n")).find("pools.PATTERN.margin?"),
            std::string::npos);
  EXPECT_EQ(first_problem(load("[nonsense]\n")), "etc/spillway.toml:1:1: unknown key nonsense");
}

TEST_F(Load, AWrongValueIsFatalWithPlaceAndWhatIsAllowed) {
  const LoadedConfig loaded = load("[ladder]\nstep_deadline = \"soon\"\n");
  EXPECT_FALSE(loaded.usable());
  EXPECT_EQ(first_problem(loaded),
            "etc/spillway.toml:2:17: ladder.step_deadline: not a length of time (such as "
            "\"250ms\", \"10s\", \"5m\", \"8d\", or a number of seconds)");
}

TEST_F(Load, ABadFileLeavesTheDefaultsAndTellsEveryMistake) {
  const LoadedConfig loaded = load(
      "[ladder]\ntrims_at_warning = 5\nallow_freeze = \"no\"\ntypo = 1\n[restore]\ncalm = true\n");
  EXPECT_FALSE(loaded.usable());
  EXPECT_EQ(loaded.problems.size(), 3);
  EXPECT_TRUE(loaded.problems[0].fatal);
  EXPECT_TRUE(loaded.problems[1].fatal);
  EXPECT_FALSE(loaded.problems[2].fatal);
  EXPECT_EQ(loaded.config.policy.ladder.trims_at_warning, LadderPolicy{}.trims_at_warning);
}

TEST_F(Load, WhatIsNoTomlIsFatalWithItsPlace) {
  for (const char* text : {"[ladder", "a = ", "a = 1\na = 2\n", "\xff\xfe", "a = \"\x01\"", "= 3",
                           "a = 1e999999999999999999999x"}) {
    const LoadedConfig loaded = load(text);
    EXPECT_FALSE(loaded.usable()) << text;
    EXPECT_NE(first_problem(loaded).find("etc/spillway.toml:"), std::string::npos);
  }
  EXPECT_EQ(first_problem(load("a = 1\nb = ?\n")).substr(0, 22), "etc/spillway.toml:2:5:");
}

TEST_F(Load, HostileFilesAreBounded) {
  EXPECT_FALSE(load("a = " + std::string(100'000, '[')).usable());
  EXPECT_FALSE(load(std::string(2 << 20, '#')).usable());
  const LoadedConfig loaded = load("a." + std::string(5000, 'b') + " = 1\n");
  EXPECT_TRUE(loaded.usable());
  EXPECT_EQ(loaded.problems.size(), 1);
}

TEST_F(Load, ATableWithoutANameIsASlipAndNoReasonToDie) {
  for (const char* text : {"[!x]\n", "[[ %]]\n", "[ladder]\n[", "[\x1b", "a.!b = 1\n", "= 1\n",
                           "größe = 1\n", "e\u0403"}) {
    EXPECT_FALSE(load(text).usable()) << text;
  }
  EXPECT_EQ(first_problem(load("[ladder]\n[!x]\n")).substr(0, 23), "etc/spillway.toml:2:2: ");
}

TEST_F(Load, AnUnreadableFileIsFatal) {
  std::filesystem::create_directories(dir / "etc/spillway.toml");
  EXPECT_FALSE(load().usable());
}

TEST_F(Load, ATableWhereAValueBelongsAndTheReverseAreFatal) {
  EXPECT_EQ(first_problem(load("ladder = 3\n")),
            "etc/spillway.toml:1:10: ladder is a table (write [ladder] and its keys below)");
  EXPECT_FALSE(load("[[tenants]]\npriority = 1\n").usable()) << "a tenant without a name";
}

TEST_F(Load, TheAdministratorsKeysAreRefusedInAPersonsFile) {
  dir.write("home/spillway.toml", "[ladder]\nallow_stop = true\n[daemon]\nsocket_group = \"me\"\n");
  LoadedConfig loaded = load();
  EXPECT_FALSE(loaded.usable());
  EXPECT_EQ(loaded.problems.size(), 2);
  EXPECT_EQ(first_problem(loaded),
            "home/spillway.toml:2:14: ladder.allow_stop: may be set by the administrator only (in "
            "/etc/spillway/spillway.toml)");
  dir.write("home/spillway.toml", "[ladder]\ntrims_at_warning = 2\n");
  dir.write("etc/spillway.toml.d/stop.toml", "[ladder]\nallow_stop = true\n");
  loaded = load();
  EXPECT_TRUE(loaded.usable());
  EXPECT_TRUE(loaded.config.policy.ladder.allow_stop);
}

TEST_F(Load, EveryValueKnowsWhereItCameFrom) {
  dir.write("etc/spillway.toml", "[ladder]\ntrims_at_warning = 3\n");
  const LoadedConfig loaded = load();
  for (const ConfigValue& value : loaded.values) {
    const bool said = value.key == "ladder.trims_at_warning";
    EXPECT_EQ(to_string(value.origin), said ? dir / "etc/spillway.toml:2:20" : "default");
  }
  EXPECT_NE(config_show(loaded).find("ladder.trims_at_warning = 3  # " + dir.path()),
            std::string::npos);
}

TEST(ConfigPlaces, ArePersonalOnlyInUserMode) {
  const auto nothing = [](const char*) -> const char* { return nullptr; };
  EXPECT_EQ(config_places(false, nothing).trees.size(), 3);
  EXPECT_EQ(config_places(true, nothing).trees.size(), 3);

  const auto home = [](const char* name) -> const char* {
    return std::string_view(name) == "HOME" ? "/home/x" : nullptr;
  };
  const auto trees = config_places(true, home).trees;
  ASSERT_EQ(trees.size(), 4);
  EXPECT_EQ(trees[3].directory, "/home/x/.config/spillway");
  EXPECT_FALSE(trees[3].is_system);
  EXPECT_TRUE(trees[2].is_system);

  const auto xdg = [](const char* name) -> const char* {
    return std::string_view(name) == "XDG_CONFIG_HOME" ? "/x/c" : "/home/x";
  };
  EXPECT_EQ(config_places(true, xdg).trees[3].directory, "/x/c/spillway");
}

}  // namespace
}  // namespace spillway
