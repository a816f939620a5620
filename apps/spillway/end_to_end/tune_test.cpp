#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/time.h"
#include "end_to_end/program.h"
#include "json/codec.h"
#include "model/event.h"
#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

using support::spillway;
using testing::HasSubstr;

namespace fs = std::filesystem;

/// The files of an image with the kernel's default settings.
class TuneTest : public testing::Test {
 protected:
  TuneTest() {
    image_.write(
        "proc/meminfo",
        "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    image_.write("proc/swaps",
                 "Filename Type Size Used Priority\n/dev/sda2 partition 8388604 0 -2\n");
    image_.write("proc/sys/vm/swappiness", "60\n");
    image_.write("proc/sys/vm/dirty_ratio", "20\n");
    image_.write("etc/systemd/system/ollama.service", "[Service]\n");
  }

  support::Ran tune(std::vector<std::string> words) const {
    words.insert(words.begin(), "tune");
    words.insert(words.end(), {"--root", image_.path()});
    return spillway(words);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(image_.path())) {
      all.push_back(fs::relative(entry.path(), image_.path()).string());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  /// By nobody's call: the manifest, which the image had no folders for, goes last.
  void wait_until_taken_back() const {
    for (int i = 0; i < 200 && fs::exists(image_ / "var"); ++i) std::this_thread::sleep_for(100ms);
  }

  support::TempTree image_;
};

TEST_F(TuneTest, RecommendsWithReasons) {
  const auto ran = tune({"recommend", "--target-ram", "4GiB", "--target-available", "12GiB"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("vm.swappiness  60 -> 10\n"));
  EXPECT_THAT(ran.out, HasSubstr("swap is on a disk"));
  EXPECT_THAT(ran.out, HasSubstr("ollama.service.MemoryMax  not set -> 4096M\n"));
  EXPECT_THAT(ran.out, HasSubstr("missed"));  // 8 GiB in use
  EXPECT_THAT(ran.out, HasSubstr("breaks CUDA"));
}

TEST_F(TuneTest, WritesExactlyWhatTheDryRunPrinted) {
  const auto before = files();
  const auto dry = tune({"apply", "--dry-run", "--json"});
  ASSERT_EQ(dry.code, 0) << dry.err;
  EXPECT_EQ(files(), before);
  const auto plan = nlohmann::json::parse(dry.out);
  EXPECT_EQ(plan["schema"], "spillway.tune/1");
  EXPECT_TRUE(plan["values"].empty());  // no kernel runs there
  ASSERT_EQ(plan["files"].size(), 2U);

  EXPECT_EQ(tune({"apply"}).code, 0);
  EXPECT_EQ(tune({"confirm"}).code, 0);
  for (const auto& file : plan["files"]) {
    EXPECT_EQ(image_.read(file["path"].get<std::string>().substr(1)), file["text"]);
  }
  EXPECT_EQ(image_.read("proc/sys/vm/swappiness"), "60\n");
  EXPECT_EQ(tune({"rollback"}).code, 0);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(tune({"rollback"}).code, 1);  // there is nothing any more
}

TEST_F(TuneTest, IsTakenBackByItselfWithoutAConfirmation) {
  const auto before = files();
  ASSERT_EQ(tune({"apply", "--confirm-within", "1s"}).code, 0);
  EXPECT_NE(files(), before);
  wait_until_taken_back();
  EXPECT_EQ(files(), before);
  EXPECT_EQ(tune({"confirm"}).code, 1);
}

/// `tune apply` on a terminal of its own.
class OnTerminal {
 public:
  explicit OnTerminal(const std::string& root) {
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      const std::string program = std::string(SPILLWAY_BINARY_DIR) + "/spillway";
      ::execl(program.c_str(), "spillway", "tune", "apply", "--confirm-within", "2s", "--root",
              root.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~OnTerminal() { ::close(terminal_); }
  void type(const char* keys) const { EXPECT_GT(::write(terminal_, keys, std::strlen(keys)), 0); }
  void kill() const { ::kill(pid_, SIGKILL); }
  int code() const {
    std::array<char, 256> text;
    while (::read(terminal_, text.data(), text.size()) > 0) continue;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = 0;
};

TEST_F(TuneTest, IsKeptByEnterAndTakenBackByInterrupt) {
  const auto before = files();
  const auto is_there = [&] {
    return fs::exists(image_ / "etc/sysctl.d/99-zz-spillway-0001.conf");
  };
  {
    const OnTerminal apply(image_.path());
    while (!is_there()) std::this_thread::sleep_for(10ms);
    apply.type("\n");
    EXPECT_EQ(apply.code(), 0);
  }
  EXPECT_THAT(tune({"status"}).out, HasSubstr("confirmed"));
  ASSERT_EQ(tune({"rollback"}).code, 0);
  const OnTerminal apply(image_.path());
  while (!is_there()) std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(300ms);  // until it asks; earlier, the signal just ends it
  apply.type("\x03");
  EXPECT_EQ(apply.code(), 3);
  EXPECT_EQ(files(), before);
}

TEST_F(TuneTest, IsTakenBackWhenTheProgramIsKilledAndTheTerminalGoes) {
  const auto before = files();
  {
    const OnTerminal apply(image_.path());
    while (!fs::exists(image_ / "etc/sysctl.d/99-zz-spillway-0001.conf")) {
      std::this_thread::sleep_for(10ms);
    }
    std::this_thread::sleep_for(300ms);  // until the reverter is on its own
    apply.kill();
    EXPECT_EQ(apply.code(), -1);
  }
  EXPECT_NE(files(), before);
  wait_until_taken_back();
  EXPECT_EQ(files(), before);
}

TEST_F(TuneTest, TellsItsState) {
  EXPECT_THAT(tune({"status"}).out, HasSubstr("nothing is applied"));
  ASSERT_EQ(tune({"apply", "--only", "vm.swap*"}).code, 0);
  EXPECT_THAT(tune({"status"}).out, HasSubstr("waits for spillway tune confirm"));
  ASSERT_EQ(tune({"confirm"}).code, 0);
  auto state = nlohmann::json::parse(tune({"status", "--json"}).out)["applications"][0];
  EXPECT_EQ(state["confirmed"], true);
  EXPECT_EQ(state["settings"].size(), 1U);
  EXPECT_EQ(state["settings"][0]["good"], true);
  image_.write("etc/sysctl.d/99-zz-spillway-0001.conf", "changed");
  state = nlohmann::json::parse(tune({"status", "--json"}).out)["applications"][0];
  EXPECT_EQ(state["settings"][0]["in_file"], false);
  EXPECT_EQ(tune({"rollback"}).code, 1);  // somebody's text is left
  EXPECT_EQ(image_.read("etc/sysctl.d/99-zz-spillway-0001.conf"), "changed");
}

TEST_F(TuneTest, VerifiesFilesAndTargets) {
  ASSERT_EQ(tune({"apply", "--target-ram", "12GiB", "--skip", "ollama*"}).code, 0);
  ASSERT_EQ(tune({"confirm"}).code, 0);
  auto ran = tune({"verify", "--for", "100ms"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("met"));  // the target that it was applied for
  ran = tune({"verify", "--for", "100ms", "--target-available", "10GiB"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("missed"));
  std::string looks;
  for (const std::int64_t second : {4'000'000'000, 4'000'000'060}) {  // in the year 2096
    Frame frame;
    frame.snapshot.wall = {second * 1'000'000'000};
    frame.snapshot.pools.push_back({.pool = kRam, .used = 13_GiB, .total = 16_GiB});
    looks += to_compact_text(Event(frame)) + "\n";
  }
  ran = tune({"verify", "--journal", image_.write("journal.jsonl", looks)});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("from the journal, 2 looks over 60 s"));
  EXPECT_THAT(ran.out, HasSubstr("13 GiB  at most  12 GiB  missed"));
  image_.write("usr/lib/sysctl.d/zzz.conf", "vm.swappiness=60\n");
  ran = tune({"verify", "--for", "100ms"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("overridden by /usr/lib/sysctl.d/zzz.conf"));
}

TEST_F(TuneTest, RunsACheckBeforeAndAfter) {
  const auto before = files();
  const std::string file = image_ / "etc/sysctl.d/99-zz-spillway-0001.conf";
  const auto ran =
      spillway({"tune", "verify", "--json", "--confirm-within", "1s", "--root", image_.path(), "--",
                "/bin/sh", "-c", "echo checked; test -e " + file});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("checked\nchecked\n"));
  const auto verdict = nlohmann::json::parse(ran.out);
  EXPECT_EQ(verdict["command_before"]["exit_code"], 1);
  EXPECT_EQ(verdict["command_after"]["exit_code"], 0);
  EXPECT_EQ(verdict["application"]["confirmed"], false);
  wait_until_taken_back();
  EXPECT_EQ(files(), before);
}

TEST_F(TuneTest, ProposesADiffOfAServicesOwnConfiguration) {
  const std::string file = image_.write("service.yaml",
                                        "# mine\nworker_processes: 4   # four\ngpu:\n"
                                        "  gpu_batch_size: 8\n");
  auto ran = tune({"recommend", "--app", file, "--used-ram", "7GiB", "--target-ram", "3.5GiB",
                   "--target-vram", "4GiB"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "--- " + file + "\n+++ " + file +
                         "\n@@ -1,4 +1,4 @@\n # mine\n-worker_processes: 4   # four\n"
                         "+worker_processes: 2   # four\n gpu:\n"
                         "-  gpu_batch_size: 8\n+  gpu_batch_size: 4\n");
  EXPECT_THAT(ran.err, HasSubstr("worker_processes 4 -> 2: 7 GiB of RAM in use, 3.5 GiB wanted"));
  ran = tune({"recommend", "--app", file, "--used-ram", "1GiB", "--target-ram", "3.5GiB"});
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("nothing to change"));
  ran = tune({"recommend", "--json", "--app", file, "--used-ram", "7GiB", "--target-ram", "3GiB"});
  EXPECT_EQ(nlohmann::json::parse(ran.out)["edits"][0]["after"], "1");
  EXPECT_EQ(tune({"recommend", "--app", image_ / "none.json"}).code, 1);
  EXPECT_EQ(tune({"recommend", "--app", image_.write("bad.json", "{")}).code, 2);
}

TEST_F(TuneTest, RefusesAStrangersFileAndUnitsThatAreNone) {
  image_.write("etc/sysctl.d/99-zz-spillway-0001.conf", "a stranger's");
  const auto before = files();
  const auto ran = tune({"apply"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("there is a file that is not ours"));
  EXPECT_EQ(files(), before);
  EXPECT_EQ(tune({"recommend", "--unit", "../passwd"}).code, 2);
  EXPECT_EQ(tune({"recommend", "--unit", "a\nb"}).code, 2);
  EXPECT_THAT(tune({"recommend", "--unit", "other"}).err,
              HasSubstr("other.service: there is no such unit"));
  EXPECT_EQ(spillway({"tune", "status", "--root", "/no/such/place"}).code, 1);
}

TEST_F(TuneTest, PrintsTheWritesWhereItMayNotDoThem) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  fs::permissions(image_.path(), fs::perms(0755));
  const auto denied = spillway({"tune", "apply", "--root", image_.path()}, {.uid = 65534});
  EXPECT_EQ(denied.code, 3);
  EXPECT_THAT(denied.err, HasSubstr("run it as root"));
  EXPECT_THAT(denied.out, HasSubstr("write /etc/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_THAT(denied.out, HasSubstr("vm.swappiness = 10"));

  fs::create_directories(image_ / "var/lib/spillway/tune");
  fs::permissions(image_ / "var/lib/spillway", fs::perms(0700));  // as the daemon's unit has it
  const auto closed = spillway({"tune", "recommend", "--root", image_.path()}, {.uid = 65534});
  EXPECT_EQ(closed.code, 0) << closed.err;
  EXPECT_EQ(closed.err, "");
  EXPECT_EQ(spillway({"tune", "apply", "--root", image_.path()}, {.uid = 65534}).code, 3);
  EXPECT_EQ(spillway({"tune", "status", "--root", image_.path()}, {.uid = 65534}).code, 3);
}

}  // namespace
}  // namespace spillway
