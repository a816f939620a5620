#include "doctor/tune/book.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "tests/support/temp_tree.h"

namespace spillway::doctor {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

/// Everything of a tree that a person could tell apart; without times where a process was killed.
std::map<std::string, std::string> picture(const std::string& root, bool with_times = true) {
  std::map<std::string, std::string> all;
  const auto add = [&](const fs::path& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return;
    std::string what = std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + " " +
                       std::to_string(info.st_gid);
    if (with_times || !S_ISDIR(info.st_mode)) {
      what +=
          " " + std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
    }
    if (S_ISLNK(info.st_mode)) what += " -> " + fs::read_symlink(path).string();
    if (S_ISREG(info.st_mode)) {
      std::ifstream file(path, std::ios::binary);
      what += " " + std::string(std::istreambuf_iterator<char>(file), {});
    }
    all[fs::relative(path, root).string()] = what;
  };
  add(root);
  for (const auto& entry : fs::recursive_directory_iterator(root)) add(entry.path());
  return all;
}

TuneChange sysctl(std::string name, std::string before, std::string after) {
  const std::string live = "/proc/sys/vm/" + name.substr(3);
  return {.key = name,
          .home = TuneHome::sysctl,
          .group = {},
          .name = name,
          .live = live,
          .before = std::move(before),
          .after = std::move(after),
          .reason = "why",
          .source = ""};
}

TuneChange of_unit(std::string unit, std::string name, std::string after) {
  return {.key = unit + "." + name,
          .home = TuneHome::unit,
          .group = unit,
          .name = name,
          .live = {},
          .before = {},
          .after = std::move(after),
          .reason = "why",
          .source = ""};
}

class TuneBookTest : public testing::Test {
 protected:
  TuneBookTest() {
    files_.write("etc/sysctl.d/10-distribution.conf", "vm.swappiness = 60\n");
    files_.write("etc/systemd/system/ollama.service.d/10-mine.conf", "[Service]\nNice=5\n");
    fs::create_symlink("/dev/null", files_ / "etc/sysctl.d/20-masked.conf");
    ::chmod((files_ / "etc/sysctl.d/10-distribution.conf").c_str(), 0640);
    ::chmod((files_ / "etc/systemd/system").c_str(), 0711);
    if (::getuid() == 0) {
      EXPECT_EQ(::chown((files_ / "etc/sysctl.d/10-distribution.conf").c_str(), 12, 34), 0);
    }
    files_.write("proc/sys/vm/swappiness", "60\n");
    files_.write("proc/sys/vm/dirty_ratio", "20\n");
    files_.write("var/lib/other/state", "kept");
    for (const auto& entry : fs::recursive_directory_iterator(files_.path())) {
      timespec past[2]{{1'000'000, 5}, {1'000'000, 7}};
      ::utimensat(AT_FDCWD, entry.path().c_str(), past, AT_SYMLINK_NOFOLLOW);
    }
    before_ = picture(files_.path());
  }

  TuneBook book(
      bool live = false, std::function<void()> before_change = [] {}) {
    return TuneBook(*Tree::open(files_.path(), std::move(before_change)), live,
                    [this] { ++reloads_; });
  }

  /// As far as values of a running kernel are concerned their files' times mean nothing.
  std::map<std::string, std::string> without_proc(std::map<std::string, std::string> all) const {
    std::erase_if(all, [](const auto& entry) { return entry.first.starts_with("proc"); });
    return all;
  }
  void expect_as_before() {
    EXPECT_EQ(without_proc(picture(files_.path())), without_proc(before_));
    EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "60\n");
    EXPECT_EQ(files_.read("proc/sys/vm/dirty_ratio"), "20\n");
  }

  support::TempTree files_;
  std::map<std::string, std::string> before_;
  int reloads_ = 0;
  const TuneMoment now_{"boot-a", 1'000, {}};
  const TuneMoment soon_{"boot-a", 2'000, {}};
  const TuneMoment late_{"boot-a", 60'000'001'000, {}};
  const std::vector<TuneChange> changes_{
      sysctl("vm.swappiness", "60", "10"), sysctl("vm.dirty_ratio", "20", "15"),
      of_unit("ollama.service", "MemoryMax", "4096M"), of_unit("new.service", "MemoryMax", "1M")};
};

TEST_F(TuneBookTest, LeavesAnImageExactlyAsItWasAfterARollback) {
  const auto applied = book().apply(changes_, {}, now_, 60s);
  ASSERT_TRUE(applied) << to_string(applied.error());
  ASSERT_TRUE(book().confirm(soon_));
  EXPECT_TRUE(fs::exists(files_ / "etc/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_TRUE(fs::exists(files_ / "etc/systemd/system/new.service.d/90-spillway-0001.conf"));
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "60\n");  // no kernel runs there
  const auto undone = book().roll_back();
  ASSERT_TRUE(undone) << to_string(undone.error());
  EXPECT_THAT(undone->left, IsEmpty());
  EXPECT_EQ(picture(files_.path()), before_);
}

TEST_F(TuneBookTest, WritesExactlyTheFilesThatWerePrinted) {
  const auto files = tune_files(changes_, *book().next_id());
  ASSERT_TRUE(book().apply(changes_, {}, now_, 60s));
  for (const TuneFile& file : files) EXPECT_EQ(files_.read(file.path.substr(1)), file.text);
  const auto after = picture(files_.path());
  std::size_t plain = 0;
  for (const auto& [path, what] : after) {
    plain += !before_.contains(path) && fs::is_regular_file(files_ / path) ? 1 : 0;
  }
  EXPECT_EQ(plain, files.size() + 1);  // and the manifest
  for (const auto& [path, what] : before_) {
    if (fs::is_regular_file(files_ / path)) {
      EXPECT_EQ(after.at(path), what);
    }
  }
}

TEST_F(TuneBookTest, TriesLiveValuesAndWaitsBelowRun) {
  ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "10\n");
  EXPECT_TRUE(fs::exists(files_ / "run/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_FALSE(fs::exists(files_ / "etc/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_EQ(reloads_, 1);
  ASSERT_TRUE(book(true).confirm(soon_));
  EXPECT_FALSE(fs::exists(files_ / "run"));
  EXPECT_TRUE(fs::exists(files_ / "etc/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_TRUE(book(true).list()->back().confirmed);
  ASSERT_TRUE(book(true).roll_back());
  EXPECT_EQ(reloads_, 3);
  expect_as_before();
}

TEST_F(TuneBookTest, RevertsWhatNobodyConfirmed) {
  ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
  EXPECT_EQ(*book(true).revert_expired(soon_), std::nullopt);
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "10\n");
  const auto undone = book(true).revert_expired(late_);
  ASSERT_TRUE(undone && *undone);
  EXPECT_EQ((*undone)->id, "0001");
  expect_as_before();
}

TEST_F(TuneBookTest, RevertsAfterABootWhatWasNotConfirmedBefore) {
  ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
  files_.remove("run");
  files_.write("proc/sys/vm/swappiness", "60\n");  // the kernel's own again
  files_.write("proc/sys/vm/dirty_ratio", "20\n");
  ASSERT_TRUE(book(true).revert_expired({"boot-b", 1, {}}));
  expect_as_before();
}

TEST_F(TuneBookTest, IsTooLateToConfirmAfterTheTime) {
  ASSERT_TRUE(book().apply(changes_, {}, now_, 60s));
  const auto confirmed = book().confirm(late_);
  ASSERT_FALSE(confirmed);
  EXPECT_EQ(confirmed.error().code, Errc::timed_out);
  EXPECT_EQ(picture(files_.path()), before_);
  EXPECT_EQ(book().confirm(soon_).error().code, Errc::not_found);
}

TEST_F(TuneBookTest, NeverOverwritesAStrangersFile) {
  const std::string name = "etc/sysctl.d/99-zz-spillway-0001.conf";
  for (const bool link : {false, true}) {
    files_.remove(name);
    if (link) {
      fs::create_symlink("/dev/null", files_ / name);
    } else {
      files_.write(name, "a stranger's\n");
    }
    const auto before = picture(files_.path());
    const auto applied = book().apply(changes_, {}, now_, 60s);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, Errc::refused);
    EXPECT_EQ(picture(files_.path()), before);
  }
}

TEST_F(TuneBookTest, LeavesAFileThatSomebodyChangedSince) {
  ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
  ASSERT_TRUE(book(true).confirm(soon_));
  files_.write("etc/sysctl.d/99-zz-spillway-0001.conf", "mine now\n");
  files_.write("proc/sys/vm/swappiness", "33\n");
  const auto undone = book(true).roll_back();
  ASSERT_TRUE(undone);
  EXPECT_THAT(undone->left,
              ElementsAre("/proc/sys/vm/swappiness", "/etc/sysctl.d/99-zz-spillway-0001.conf"));
  EXPECT_EQ(files_.read("etc/sysctl.d/99-zz-spillway-0001.conf"), "mine now\n");
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "33\n");
  EXPECT_EQ(files_.read("proc/sys/vm/dirty_ratio"), "20\n");
  EXPECT_FALSE(fs::exists(files_ / "var/lib/spillway"));
}

TEST_F(TuneBookTest, TakesSeveralBackTheLatestFirst) {
  ASSERT_TRUE(book(true).apply({changes_[0]}, {}, now_, 60s));
  const auto refused = book(true).apply({changes_[1]}, {}, now_, 60s);
  ASSERT_FALSE(refused);  // one waits
  EXPECT_EQ(refused.error().code, Errc::refused);
  ASSERT_TRUE(book(true).confirm(soon_));
  const auto first = picture(files_.path());
  ASSERT_TRUE(book(true).apply({sysctl("vm.swappiness", "10", "1"), changes_[1]}, {}, now_, 60s));
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "1\n");
  ASSERT_EQ(book(true).roll_back()->id, "0002");
  EXPECT_EQ(without_proc(picture(files_.path())), without_proc(first));
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "10\n");
  ASSERT_EQ(book(true).roll_back()->id, "0001");
  expect_as_before();
  EXPECT_EQ(book(true).roll_back().error().code, Errc::not_found);
}

TEST_F(TuneBookTest, ChangesNothingWhenTheKernelRefusesAValue) {
  // A folder in the place of the last value: writing it fails after the others were written.
  files_.remove("proc/sys/vm/dirty_ratio");
  fs::create_symlink("swappiness", files_ / "proc/sys/vm/dirty_ratio");
  const auto before = picture(files_.path());
  EXPECT_FALSE(book(true).apply(changes_, {}, now_, 60s));
  EXPECT_EQ(without_proc(picture(files_.path())), without_proc(before));
  EXPECT_EQ(files_.read("proc/sys/vm/swappiness"), "60\n");
}

TEST_F(TuneBookTest, KeepsWhatOthersPutIntoItsFolders) {
  ASSERT_TRUE(book().apply(changes_, {}, now_, 60s));
  ASSERT_TRUE(book().confirm(soon_));
  files_.write("etc/systemd/system/new.service.d/20-mine.conf", "mine");
  files_.write("var/lib/spillway/journal/events", "the guard's");
  ASSERT_TRUE(book().roll_back());
  EXPECT_EQ(files_.read("etc/systemd/system/new.service.d/20-mine.conf"), "mine");
  EXPECT_EQ(files_.read("var/lib/spillway/journal/events"), "the guard's");
  EXPECT_FALSE(fs::exists(files_ / "var/lib/spillway/tune"));
}

TEST_F(TuneBookTest, TrustsNoManifestOfAnImage) {
  files_.write("etc/passwd", "root");
  for (const char* path : {"/etc/passwd", "/etc/sysctl.d/../passwd", "etc/passwd"}) {
    files_.write(
        "var/lib/spillway/tune/0001/manifest.json",
        std::string(R"({"id":"0001","boot":"x","deadline_ns":0,"live":false,"folders":[],)") +
            R"("files":[{"path":")" + path + R"(","text":"root"}],"values":[]})");
    EXPECT_EQ(book().roll_back().error().code, Errc::invalid) << path;
    EXPECT_FALSE(book().revert_expired(late_)) << path;
    EXPECT_EQ(files_.read("etc/passwd"), "root");
  }
  for (const char* text : {"", "{}", "[", "null", R"({"id":7})"}) {
    files_.write("var/lib/spillway/tune/0001/manifest.json", text);
    EXPECT_EQ(book().list().error().code, Errc::invalid) << text;
  }
}

TEST(TuneManifest, NamesNoOtherFoldersAndValues) {
  TuneManifest manifest{.id = "0001",
                        .at = {},
                        .boot = "b",
                        .target = {},
                        .changes = {},
                        .folders = {{"/var/lib/spillway", true, 0}},
                        .files = {{"/etc/sysctl.d/99-zz-spillway-0001.conf", "a\n"}},
                        .values = {{"/proc/sys/vm/swappiness", "60", "10"}}};
  const auto again = tune_manifest(to_text(manifest));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(again->files[0].text, "a\n");
  EXPECT_EQ(again->values, manifest.values);
  auto wrong = manifest;
  wrong.folders[0].path = "/home";
  EXPECT_FALSE(tune_manifest(to_text(wrong)));
  wrong = manifest;
  wrong.values[0].path = "/proc/sys/kernel/core_pattern";
  EXPECT_FALSE(tune_manifest(to_text(wrong)));
  wrong = manifest;
  wrong.values[0].before = "60\n1";
  EXPECT_FALSE(tune_manifest(to_text(wrong)));
  wrong = manifest;
  wrong.id = "../1";
  EXPECT_FALSE(tune_manifest(to_text(wrong)));
}

/// Runs `call` in a process of its own that dies before its `n`th change; false when there is no nth.
bool dies_at(int n, const std::function<void(std::function<void()>)>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    int left = n;
    call([&left] {
      if (--left == 0) ::_exit(9);
    });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 9;
}

TEST_F(TuneBookTest, CanBeKilledBeforeEveryChangeOfApply) {
  const auto before = without_proc(picture(files_.path(), false));
  int n = 1;
  for (; dies_at(n, [&](auto die) { (void)book(true, die).apply(changes_, {}, now_, 60s); }); ++n) {
    const auto undone = book(true).revert_expired(late_);
    ASSERT_TRUE(undone) << to_string(undone.error());
    ASSERT_EQ(without_proc(picture(files_.path(), false)), before) << "before change " << n;
    ASSERT_EQ(files_.read("proc/sys/vm/swappiness"), "60\n") << n;
    ASSERT_EQ(files_.read("proc/sys/vm/dirty_ratio"), "20\n") << n;
  }
  EXPECT_GT(n, 20);
}

TEST_F(TuneBookTest, CanBeKilledBeforeEveryChangeOfConfirm) {
  const auto before = without_proc(picture(files_.path(), false));
  int n = 1;
  for (bool died = true; died; ++n) {
    ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
    died = dies_at(n, [&](auto die) { (void)book(true, die).confirm(soon_); });
    const bool confirmed = book(true).list()->back().confirmed;
    if (!confirmed && n % 2 == 0) {  // it may be said again
      ASSERT_TRUE(book(true).confirm(soon_)) << n;
      ASSERT_TRUE(fs::exists(files_ / "etc/sysctl.d/99-zz-spillway-0001.conf"));
    }
    ASSERT_TRUE(book(true).roll_back()) << n;
    ASSERT_EQ(without_proc(picture(files_.path(), false)), before) << "before change " << n;
  }
  EXPECT_GT(n, 10);
}

TEST_F(TuneBookTest, CanBeKilledBeforeEveryChangeOfRollback) {
  const auto before = without_proc(picture(files_.path(), false));
  int n = 1;
  for (bool died = true; died; ++n) {
    ASSERT_TRUE(book(true).apply(changes_, {}, now_, 60s));
    ASSERT_TRUE(book(true).confirm(soon_));
    died = dies_at(n, [&](auto die) { (void)book(true, die).roll_back(); });
    (void)book(true).roll_back();
    ASSERT_EQ(without_proc(picture(files_.path(), false)), before) << "before change " << n;
    ASSERT_EQ(files_.read("proc/sys/vm/swappiness"), "60\n") << n;
  }
  EXPECT_GT(n, 10);
}

}  // namespace
}  // namespace spillway::doctor
