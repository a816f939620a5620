#include "config/reader.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

LoadedConfig read(std::string_view text) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  entries.parse(text, {"spillway.toml", true}, problems);
  EXPECT_TRUE(problems.empty());
  return ConfigReader(entries).read();
}

Policy policy(std::string_view text) {
  const LoadedConfig loaded = read(text);
  EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  return loaded.config.policy;
}

std::string problem(std::string_view text) {
  const LoadedConfig loaded = read(text);
  return loaded.usable() ? "usable" : to_string(loaded.problems.front());
}

TEST(Levels, ShortFormMovesTheExitAlong) {
  const PoolPolicy p = policy("[levels]\nwarning = \"70%\"\ncritical = 0.85\n").defaults;
  EXPECT_DOUBLE_EQ(p.at(Level::warning).enter, 0.70);
  EXPECT_NEAR(p.at(Level::warning).exit, 0.65, 1e-12);
  EXPECT_NEAR(p.at(Level::critical).exit, 0.80, 1e-12);
  EXPECT_DOUBLE_EQ(p.at(Level::emergency).enter, 0.95);
}

TEST(Levels, LongFormSetsEachPart) {
  const PoolPolicy p = policy(R"([levels]
    warning = { enter = 0.7, exit = 0.5, min_hold = "4s", free_below = "512MiB" }
    warn_when_full_within = "10s"
    restore_below = 0.4
  )")
                           .defaults;
  EXPECT_DOUBLE_EQ(p.at(Level::warning).exit, 0.5);
  EXPECT_EQ(p.at(Level::warning).min_hold, 4s);
  EXPECT_EQ(p.at(Level::warning).free_below, 512_MiB);
  EXPECT_EQ(p.warn_when_full_within, 10s);
}

TEST(Levels, ALaterShortFormReplacesAnEarlierExit) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  entries.parse("[levels.warning]\nenter = 0.8\nexit = 0.6\nmin_hold = \"9s\"\n", {"a"}, problems);
  entries.parse("[levels]\nwarning = 0.5\n", {"b"}, problems);
  const Config config = ConfigReader(entries).read().config;
  const LevelRule& rule = config.policy.defaults.at(Level::warning);
  EXPECT_DOUBLE_EQ(rule.enter, 0.5);
  EXPECT_NEAR(rule.exit, 0.45, 1e-12);
  EXPECT_EQ(rule.min_hold, 9s);
}

TEST(Levels, RestoreBelowFollowsALowerWarningUnlessItIsSaid) {
  EXPECT_NEAR(policy("[levels]\nwarning = 0.5\n").defaults.restore_below, 0.44, 1e-12);
  EXPECT_EQ(problem("[levels]\nwarning = 0.5\nrestore_below = 0.7\n"),
            "spillway.toml:3:17: levels.restore_below: 70 % is above the end of the warning level, "
            "45 % (what is given back would be taken again at once)");
}

TEST(Levels, MustRiseAndEndBelowTheirBeginning) {
  EXPECT_EQ(problem("[levels]\nwarning = 0.95\n"),
            "spillway.toml:2:11: levels.warning: critical begins at 90 %, warning at 95 % (each "
            "level must begin above the one before it)");
  EXPECT_EQ(problem("[levels.critical]\nexit = 0.9\n"),
            "spillway.toml:2:8: levels.critical: begins at 90 % and ends below 90 % (the exit must "
            "lie between the margin and the beginning)");
  EXPECT_NE(problem("[levels]\nwarning = 0.01\n"), "usable");
  EXPECT_NE(problem("[levels]\nwarning = \"80\"\n"), "usable");
  EXPECT_NE(problem("[levels]\nwarning = []\n"), "usable");
}

TEST(Pools, TakeWhatTheyDoNotSayFromTheLevels) {
  const Policy p = policy("[levels]\nwarning = 0.7\n[pools.\"vram:*\"]\ncritical = 0.8\n");
  const PoolPolicy& gpu = p.of({"vram:GPU-1"});
  EXPECT_DOUBLE_EQ(gpu.at(Level::warning).enter, 0.7);
  EXPECT_DOUBLE_EQ(gpu.at(Level::critical).enter, 0.8);
  EXPECT_DOUBLE_EQ(p.of(kRam).at(Level::critical).enter, 0.9);
}

TEST(Pools, TheMostSpecificPatternHasTheLastWord) {
  const Policy p = policy(R"([pools."*"]
    margin = 0.02
    stale_after = "9s"
    [pools."vram:*"]
    margin = 0.03
    [pools."vram:GPU-1"]
    margin = 0.04
  )");
  EXPECT_DOUBLE_EQ(p.of(kRam).margin, 0.02);
  EXPECT_DOUBLE_EQ(p.of({"vram:GPU-2"}).margin, 0.03);
  EXPECT_DOUBLE_EQ(p.of({"vram:GPU-1"}).margin, 0.04);
  EXPECT_EQ(p.of({"vram:GPU-1"}).stale_after, 9s);
  EXPECT_DOUBLE_EQ(p.of(kSwap).margin, 0.02);
  EXPECT_DOUBLE_EQ(p.of(kSwap).worst_rate, 0.8e9) << "its own default stands";
}

TEST(Pools, AMistakeInOneIsToldOnce) {
  const LoadedConfig loaded =
      read("[pools.\"*\"]\nmargin = 5\n[pools.ram]\nstale_after = \"9s\"\n");
  EXPECT_EQ(loaded.problems.size(), 1);
}

TEST(Ladder, TakesRungsPerLevel) {
  const LadderPolicy ladder =
      policy("[ladder]\nallow_stop = true\n[ladder.highest]\nwarning = \"shrink\"\n").ladder;
  EXPECT_EQ(ladder.highest[index(Level::warning)], Rung::shrink);
  EXPECT_EQ(ladder.highest[index(Level::critical)], LadderPolicy{}.highest[2]);
  EXPECT_TRUE(ladder.allow_stop);
}

TEST(Cadence, TheShortestIsNotLongerThanTheLongest) {
  EXPECT_NE(problem("[cadence]\nshortest = \"10s\"\n"), "usable");
  EXPECT_NE(problem("[cadence]\nshortest = 0\n"), "usable");
}

TEST(Journal, KeepsAtLeastTwoFiles) {
  EXPECT_NE(problem("[journal]\nmax_file = \"64MiB\"\n"), "usable");
}

TEST(Daemon, NotifyAndJournalAreRead) {
  const Config config = read(R"(
    [notify]
    command = ["/usr/bin/notify-send", "{pool} is {level}"]
    deadline = "2s"
    [journal]
    enabled = false
    directory = "/var/tmp/j"
    [daemon]
    dry_run = true
    log_level = "debug"
    cgroups = ["/user.slice"]
    state_dir = "/srv/state"
  )")
                            .config;
  EXPECT_EQ(config.notify.command.size(), 2);
  EXPECT_EQ(config.notify.deadline, 2s);
  EXPECT_FALSE(config.journal.enabled);
  EXPECT_EQ(config.journal.directory, "/var/tmp/j");
  EXPECT_TRUE(config.policy.dry_run);
  EXPECT_EQ(config.daemon.log_level, Severity::debug);
  EXPECT_EQ(config.daemon.cgroups, std::vector<std::string>{"/user.slice"});
  EXPECT_EQ(config.daemon.state_dir, "/srv/state");
}

TEST(Injected, NamesPoolsAndTheirFiles) {
  const Config config = read("[injected]\nbudget = \"/run/b\"\n\"a b\" = \"/run/c\"\n").config;
  ASSERT_EQ(config.injected.size(), 2);
  EXPECT_EQ(config.injected[0], (std::pair<std::string, std::string>("a b", "/run/c")));
  EXPECT_EQ(config.injected[1].first, "budget");
  EXPECT_NE(problem("[injected]\nbudget = \"relative\"\n"), "usable");
  EXPECT_NE(problem("[injected]\nbudget = \"\"\n"), "usable");
  EXPECT_EQ(problem("[[injected]]\nname = \"budget\"\n"),
            "spillway.toml:1:1: injected is a table (write [injected] and its keys below)");
  EXPECT_NE(problem("[injected.budget]\npath = \"/x\"\n"), "usable");
}

TEST(Tenants, OfAllFilesAreCollectedInOrder) {
  ConfigEntries entries;
  std::vector<ConfigProblem> problems;
  entries.parse("[[tenants]]\nname = \"a*\"\npriority = 5\n[[tenants]]\nname = \"b\"\npin = true\n",
                {"1"}, problems);
  entries.parse("[[tenants]]\nname = \"a1\"\npriority = -3\nstop_allowed = true\n", {"2"},
                problems);
  const Config config = ConfigReader(entries).read().config;
  ASSERT_EQ(config.tenants.size(), 3);
  EXPECT_EQ(config.tenants[0].priority, 5);
  EXPECT_EQ(config.tenants[0].pin, std::nullopt);
  EXPECT_EQ(config.tenants[1].pin, true);
  EXPECT_EQ(config.tenants[2].name, "a1");
  EXPECT_EQ(config.tenants[2].stop_allowed, true);
}

TEST(Tables, MayBeEmpty) {
  EXPECT_TRUE(
      read("[levels]\n[ladder.highest]\n[pools]\n[pools.ram]\n[injected]\n").problems.empty());
  EXPECT_TRUE(read("tenants = []\n").problems.empty());
}

TEST(Tenants, ATypoIsAWarningWithTheRightName) {
  const LoadedConfig loaded = read("[[tenants]]\nname = \"a\"\npriorty = 5\n");
  ASSERT_EQ(loaded.problems.size(), 1);
  EXPECT_EQ(to_string(loaded.problems[0]),
            "spillway.toml:3:11: unknown key tenants.priorty (did you mean tenants.priority?)");
}

}  // namespace
}  // namespace spillway
