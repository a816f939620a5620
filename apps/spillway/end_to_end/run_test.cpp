#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "end_to_end/program.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

// `spillway run` as a program, without a daemon.

namespace spillway {
namespace {

using nlohmann::json;
using support::eventually;
using support::spillway;
using testing::HasSubstr;

TEST(Run, EndsAsItsCommandDoes) {
  EXPECT_EQ(spillway({"run", "true"}).code, 0);
  EXPECT_EQ(spillway({"run", "--", "sh", "-c", "exit 7"}).code, 7);
  EXPECT_EQ(spillway({"run", "sh", "-c", "kill -KILL $$"}).code, 128 + SIGKILL);
  EXPECT_EQ(spillway({"run", "/nonexistent/program"}).code, 127);
  EXPECT_EQ(spillway({"run", "no-such-program-anywhere"}).code, 127);
  EXPECT_EQ(spillway({"run", "/"}).code, 126);
  EXPECT_EQ(spillway({"run", "/etc/passwd"}).code, 126);
}

TEST(Run, ItsOwnFailuresAre125) {
  EXPECT_EQ(spillway({"run"}).code, 125);
  EXPECT_EQ(spillway({"run", "--"}).code, 125);
  EXPECT_EQ(spillway({"run", "--nope", "true"}).code, 125);
  EXPECT_EQ(spillway({"run", "--priority", "high", "true"}).code, 125);
  const auto ran = spillway({"run", "--status-file", "/nonexistent/status", "true"});
  EXPECT_EQ(ran.code, 125);
  EXPECT_THAT(ran.err, HasSubstr("/nonexistent/status"));
}

TEST(Run, LeavesTheWordsOfTheCommandAlone) {
  const auto ran = spillway({"run", "--name", "x", "printf", "<%s>", "--json", "-v", "", "[a,b]",
                             "status", "--", "run", "%%"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "<--json><-v><><[a,b]><status><--><run><%%>");
  EXPECT_EQ(spillway({"run", "--", "echo", "status"}).out, "status\n");
  EXPECT_EQ(spillway({"--socket", "run", "run", "echo", "x"}).out, "x\n");
}

TEST(Run, SaysNothingOfItsOwnUnlessAsked) {
  const auto ran = spillway({"run", "sh", "-c", "echo out; echo err >&2"});
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_THAT(spillway({"run", "-v", "true"}).err, HasSubstr("no daemon"));
}

TEST(Run, TheStatusFileTellsHowItWent) {
  const support::TempDir dir;
  const std::string file = dir / "status";
  spillway({"run", "--status-file", file, "--name", "x", "sh", "-c", "exit 7"});
  json status = json::parse(dir.read("status"));
  EXPECT_EQ(status["schema"], "spillway.run/1");
  EXPECT_EQ(status["state"], "exited");
  EXPECT_EQ(status["exit_code"], 7);
  EXPECT_EQ(status["tenant"], "x");
  EXPECT_EQ(status["guarded"], false);
  spillway({"run", "--status-file", file, "sh", "-c", "kill -TERM $$"});
  status = json::parse(dir.read("status"));
  EXPECT_EQ(status["state"], "killed");
  EXPECT_EQ(status["signal"], SIGTERM);
  spillway({"run", "--status-file", file, "/nonexistent/program"});
  status = json::parse(dir.read("status"));
  EXPECT_EQ(status["state"], "failed");
  EXPECT_EQ(status["exit_code"], 127);
  EXPECT_THAT(status["reason"].get<std::string>(), HasSubstr("/nonexistent/program"));
}

TEST(Run, TheStatusFileSaysRunningMeanwhile) {
  const support::TempDir dir;
  const auto ran = spillway({"run", "--status-file", dir / "status", "cat", dir / "status"});
  EXPECT_EQ(json::parse(ran.out)["state"], "running");
}

TEST(Run, TheControlGroupIsGoneAtTheEnd) {
  const support::TempDir dir;
  const std::string file = dir / "status";
  const auto ran = spillway({"run", "--status-file", file, "sh", "-c", "cat /proc/self/cgroup"});
  const json cgroup = json::parse(dir.read("status"))["cgroup"];
  if (cgroup.is_null()) GTEST_SKIP() << "no control group can be made here";
  EXPECT_THAT(ran.out, HasSubstr(":" + cgroup.get<std::string>() + "\n"));
  for (const char* tree : {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"}) {
    EXPECT_FALSE(std::filesystem::exists(tree + cgroup.get<std::string>()));
  }
}

TEST(Run, KilledItTakesItsCommandWithIt) {
  const support::TempDir dir;
  support::Child supervisor([&] {
    ::execl(SPILLWAY_BINARY_DIR "/spillway", "spillway", "--socket", "/nonexistent", "run", "sh",
            "-c", "echo $$ >\"$0.new\"; mv \"$0.new\" \"$0\"; exec sleep 100",
            (dir / "pid").c_str(), nullptr);
  });
  ASSERT_TRUE(eventually([&] { return ::access((dir / "pid").c_str(), F_OK) == 0; }));
  const pid_t command = std::stoi(dir.read("pid"));
  EXPECT_EQ(::kill(command, 0), 0);
  supervisor.kill(SIGKILL);
  supervisor.reap();
  EXPECT_TRUE(eventually([&] {
    const char state = support::process_state(command);
    return state == '?' || state == 'Z';
  }));
  EXPECT_EQ(spillway({"run", "true"}).code, 0);  // removes the control group that was left behind
}

}  // namespace
}  // namespace spillway
