#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "end_to_end/program.h"
#include "tests/support/temp_dir.h"

// The program where no daemon runs, and what it makes of wrong command lines.

namespace spillway {
namespace {

using nlohmann::json;
using support::How;
using support::spillway;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Alone, StatusLooksByItselfAndSaysSo) {
  const auto ran = spillway({"status"});
  EXPECT_THAT(ran.code, testing::AnyOf(0, 6)) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\nram "));
  EXPECT_THAT(ran.err, HasSubstr("no daemon runs"));
  EXPECT_THAT(ran.err, HasSubstr("spillwayd"));
}

TEST(Alone, StatusJsonNamesItsSource) {
  const auto ran = spillway({"status", "--json"});
  const json report = json::parse(ran.out);
  EXPECT_EQ(report["schema"], "spillway.status/1");
  EXPECT_EQ(report["source"], "direct");
  EXPECT_GT(report["pools"][0]["total_bytes"].get<std::int64_t>(), 0);
}

TEST(Alone, WatchPrintsCsvThatCanBeRead) {
  const auto ran = spillway({"watch", "--csv", "--count", "2", "--interval", "100ms"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 3);
  EXPECT_THAT(ran.out, testing::StartsWith("time,level,ram_used_bytes,"));
}

TEST(Alone, WhatNeedsTheDaemonSaysHowToStartIt) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"ps"},
                                                    {"offload", "stt"},
                                                    {"restore", "stt"},
                                                    {"pin", "stt"},
                                                    {"unpin", "stt"},
                                                    {"free", "--ram", "1GiB"}}) {
    const auto ran = spillway(arguments);
    EXPECT_EQ(ran.code, 5) << arguments[0];
    EXPECT_TRUE(ran.out.empty()) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr("spillwayd")) << arguments[0];
  }
}

TEST(Alone, WhyReadsTheJournalThatADaemonHasLeftBehind) {
  const auto ran = spillway({"why"});
  if (ran.code == 5) {
    EXPECT_THAT(ran.err, HasSubstr("spillwayd"));
  } else {
    EXPECT_THAT(ran.err, HasSubstr("spillway: from /"));
  }
}

TEST(Alone, GarbageOnTheCommandLineIsAUsageError) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"bogus"},
        {"status", "extra"},
        {"status", "--nope"},
        {"offload"},
        {"free"},
        {"free", "--ram", "lots"},
        {"free", "--ram", "-5"},
        {"free", "--ram", "0"},
        {"free", "--ram", "1G", "--vram", "1G"},
        {"free", "--pool", "ram"},
        {"free", "--bytes", "5"},
        {"watch", "--interval", "soon"},
        {"watch", "--interval", "1ms"},
        {"watch", "--count", "-1"},
        {"watch", "--csv", "--json"},
        {"config"},
        {"config", "bogus"},
        {"replay"},
        {"stat"},
        {"\xff\xfe"},
        {"offload", "a", "b"},
        {"offload", "a", "--within", "99999999999999999d"}}) {
    const auto ran = spillway(arguments);
    EXPECT_EQ(ran.code, 2) << testing::PrintToString(arguments) << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
    EXPECT_FALSE(ran.err.empty());
  }
}

TEST(Alone, NothingIsColoredIntoAPipe) {
  for (const How& how : {How{}, How{.environment = {{"TERM", "xterm-256color"}}},
                         How{.environment = {{"NO_COLOR", "1"}, {"TERM", "xterm"}}}}) {
    EXPECT_THAT(spillway({"status"}, how).out, Not(HasSubstr("\033")));
  }
}

TEST(Alone, ConfigDefaultPassesItsOwnCheck) {
  const support::TempDir dir;
  const auto text = spillway({"config", "default"});
  EXPECT_EQ(text.code, 0);
  const auto ran = spillway({"config", "check", dir.write("spillway.toml", text.out)});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "1 file, nothing wrong\n");
}

TEST(Alone, ConfigCheckNamesFileLineAndColumn) {
  const support::TempDir dir;
  const std::string file = dir.write("spillway.toml", "[levels]\nmargin = \"1%\"\nbogus = 1\n");
  const auto ran = spillway({"config", "check", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(file + ":3:"));
  const json problems = json::parse(spillway({"config", "check", "--json", file}).out)["problems"];
  EXPECT_EQ(problems[0]["line"], 3);
  EXPECT_EQ(problems[0]["fatal"], false);
}

TEST(Alone, ConfigShowTellsWhereAValueComesFrom) {
  const support::TempDir dir;
  const std::string file = dir.write("spillway/spillway.toml", "[levels]\nmargin = \"2%\"\n");
  const How how{.environment = {{"XDG_CONFIG_HOME", dir.path()}}};
  const auto ran = spillway({"config", "show", "--user"}, how);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("levels.margin = \"2%\"  # " + file + ":2:"));
  const json shown = json::parse(spillway({"config", "show", "--user", "--json"}, how).out);
  EXPECT_EQ(shown["files"][0], file);
}

TEST(Alone, ReplayOfWhatIsNoJournalFails) {
  const support::TempDir dir;
  EXPECT_EQ(spillway({"replay", dir / "missing"}).code, 1);
  const auto ran = spillway({"replay", dir.write("journal", "garbage\n\x01\x02{}\n")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("skipped"));
}

TEST(Alone, ADiskThatIsFullIsAFailure) {
  const std::string program = SPILLWAY_BINARY_DIR "/spillway";
  const auto full = spillway({"run", "sh", "-c", program + " config default >/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("standard output"));
}

TEST(Alone, TheVersionIsTheProjects) {
  EXPECT_EQ(spillway({"version"}).out, "spillway " + std::string(kVersion) + "\n");
  EXPECT_EQ(spillway({"--version"}).out, std::string(kVersion) + "\n");
}

TEST(Alone, DoctorChangesNothingAndSaysWhatItFound) {
  const auto ran = spillway({"doctor", "--json"});
  ASSERT_LE(ran.code, 1) << ran.err;
  const json told = json::parse(ran.out);
  EXPECT_EQ(told["schema"], "spillway.doctor/1");
  EXPECT_EQ(told["findings"].empty(), ran.code == 0);
  EXPECT_EQ(told["source"], "direct");
  EXPECT_GT(told["memories"][0]["total_bytes"].get<std::int64_t>(), 0);
  EXPECT_FALSE(told["capabilities"].empty());
  EXPECT_THAT(spillway({"doctor"}).out, HasSubstr("ABLE TO"));
}

TEST(Alone, CheckListsWhatIsMissingAndItsCodeTells) {
  const auto ran = spillway({"check", "--json"});
  const json told = json::parse(ran.out);
  EXPECT_EQ(told["schema"], "spillway.check/1");
  EXPECT_EQ(ran.code, told["ready"] ? 0 : 1);
  EXPECT_EQ(told["items"].size(), 3U);
  EXPECT_EQ(spillway({"check", "--fix", "--json"}).code, 2);
}

TEST(Alone, CheckOfAStackHoldsItAgainstWhatIsFree) {
  const support::TempDir dir;
  const auto stack = [&](const char* bytes) {
    return dir.write("stack.toml",
                     std::string("[[component]]\nname = \"llm\"\nram = \"") + bytes + "\"\n");
  };
  const json small = json::parse(spillway({"check", "--json", stack("1MiB")}).out);
  EXPECT_EQ(small["verdict"], "fits");
  EXPECT_EQ(small["items"][0]["name"], "ram");
  EXPECT_EQ(small["items"][0]["good"], true);
  const auto ran = spillway({"check", "--json", stack("900TiB")});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_EQ(json::parse(ran.out)["items"][0]["good"], false);
  EXPECT_EQ(spillway({"check", "--fix", stack("900TiB")}).code, 5);  // nobody to ask
  EXPECT_EQ(spillway({"check", dir / "missing.toml"}).code, 1);
}

TEST(Alone, WhoNamesThisTestAndAddsUp) {
  const auto ran = spillway({"who", "--ram", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json who = json::parse(ran.out);
  EXPECT_EQ(who["schema"], "spillway.who/1");
  const json& ram = who["memories"][0];
  std::int64_t sum =
      ram["unaccounted_bytes"].get<std::int64_t>() - ram["counted_twice_bytes"].get<std::int64_t>();
  for (const json& rest : ram["rest"]) sum += rest["bytes"].get<std::int64_t>();
  for (const json& program : who["programs"])
    sum += program["holds"][0]["bytes"].get<std::int64_t>();
  EXPECT_EQ(sum, ram["total_bytes"]);
  EXPECT_EQ(spillway({"who", "spillway_cli_test"}).code, 0);
  EXPECT_EQ(spillway({"who", "nothing is called so"}).code, 1);
}

TEST(Alone, ReportReadsWhatIsLeftOfAJournal) {
  const support::TempDir dir;
  const auto frame = [](int minute, double share, const char* level) {
    return R"({"kind":"frame","number":)" + std::to_string(minute + 1) +
           R"(,"snapshot":{"at_ns":)" + std::to_string(minute * 60'000'000'000LL) +
           R"(,"time":"2026-11-24T08:)" + (minute < 10 ? "0" : "") + std::to_string(minute) +
           R"(:00Z"},"assessment":{"at_ns":0,"level":"normal","pools":[{"pool":"ram","level":")" +
           level + R"(","used_bytes":4000000000,"total_bytes":8000000000,"used_ratio":)" +
           std::to_string(share) + "}]}}\n";
  };
  std::string journal = R"({"schema":"spillway.journal/1",)" + frame(0, 0.4, "normal").substr(1);
  for (int minute = 1; minute < 30; ++minute) journal += frame(minute, 0.5, "normal");
  journal += "garbage \x01\n" + frame(30, 0.85, "warning").substr(0, 90);  // killed while it wrote
  const auto path = dir.write("journal", journal);

  const auto ran = spillway({"report", "--json", "--html", dir / "page.html", "--since",
                             "2026-11-24T07:00:00Z", "--target-uptime", "10m", "--journal", path});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json document = json::parse(ran.out);
  EXPECT_EQ(document["schema"], "spillway.report/1");
  EXPECT_EQ(document["recorded_seconds"], 29 * 60);
  EXPECT_EQ(document["pools"][0]["highest_share"], 0.5);
  std::map<std::string, json> goals;
  for (const json& goal : document["goals"]) goals[goal["name"]] = goal;
  EXPECT_EQ(goals["ram"]["met"], true);
  EXPECT_EQ(goals["uptime"]["met"], true);
  EXPECT_TRUE(goals["vram"]["reached"].is_null());
  EXPECT_TRUE(goals["cuda_errors_per_hour"]["reached"].is_null());
  EXPECT_THAT(ran.err, AllOf(HasSubstr("covers less"), HasSubstr("2 lines")));
  EXPECT_THAT(dir.read("page.html"), HasSubstr("<polyline"));
  EXPECT_THAT(spillway({"report", "--journal", path, "--since", "1h"}).err,
              HasSubstr("nothing of this time"));
  EXPECT_EQ(spillway({"report", "--journal", dir / "missing"}).code, 1);
  EXPECT_EQ(spillway({"report", "--since", "yesterday"}).code, 2);
}

TEST(Alone, ExplainAsksJournalctlForThisBoot) {
  const support::TempDir dir;
  const std::string journalctl = dir.write("bin/journalctl", R"(#!/bin/sh
[ "$*" = "-k -b -q --no-pager -o short-iso-precise" ] || exit 9
i=0
while [ $i -lt 3000 ]; do
  echo "2026-11-24T08:00:00.000001+0000 host kernel: usb 1-1: new high-speed USB device number $i using xhci_hcd"
  i=$((i + 1))
done
cat <<'END'
2026-11-24T08:00:01.000001+0000 host kernel: Out of memory: Killed process 4711 (llama-server) total-vm:9000000kB, anon-rss:8000000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:16000kB oom_score_adj:0
END
)");
  ASSERT_EQ(::chmod(journalctl.c_str(), 0755), 0);
  const How with{.environment = {{"PATH", (dir / "bin") + ":/bin:/usr/bin"}}};
  const auto ran = spillway({"explain", "--boot", "--json"}, with);
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json document = json::parse(ran.out);
  EXPECT_EQ(document["lines"], 3001);
  EXPECT_EQ(document["events"][0]["victim"]["name"], "llama-server");
  EXPECT_EQ(document["events"][0]["time"], "2026-11-24T08:00:01.000Z");
  EXPECT_EQ(document["events"][0]["evidence"][0]["file"], "journalctl -k -b");
}

TEST(Alone, ExplainReadsTheKernelsRingWhereThereIsNoJournalctl) {
  const support::TempDir dir;  // nothing on PATH
  const auto ran =
      spillway({"explain", "--boot", "--json"}, {.environment = {{"PATH", dir.path()}}});
  if (ran.out.empty()) {
    EXPECT_THAT(ran.err, HasSubstr("the kernel's log needs root"));
    return;
  }
  EXPECT_EQ(json::parse(ran.out)["schema"], "spillway.explain/1");
  EXPECT_THAT(ran.err, Not(HasSubstr("journalctl")));
}

TEST(Alone, ExplainSaysWhatRanOutOrThatNothingDid) {
  const support::TempDir dir;
  const std::string log = dir.write(
      "log",
      "RuntimeError: CUDA out of memory. Tried to allocate 48.00 MiB (GPU 0; 11.17 GiB "
      "total capacity; 10.63 GiB already allocated; 15.81 MiB free; 10.70 GiB reserved)\n");
  const auto ran = spillway({"explain", "--json", "--html", dir / "page.html", log});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json document = json::parse(ran.out);
  EXPECT_EQ(document["schema"], "spillway.explain/1");
  EXPECT_EQ(document["events"][0]["kind"], "cuda-oom");
  EXPECT_THAT(dir.read("page.html"), HasSubstr("<svg"));
  EXPECT_THAT(spillway({"explain", log}).out, HasSubstr("overload"));
  EXPECT_EQ(spillway({"explain"}).code, 0);  // nothing on standard input
  EXPECT_EQ(spillway({"explain", dir / "missing"}).code, 1);
  EXPECT_EQ(spillway({"explain", "--nonsense"}).code, 2);
}

}  // namespace
}  // namespace spillway
