#include "act/preserve_store.h"

#include <gtest/gtest.h>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::Child;
using support::TempDir;

std::string latest(const PreserveStore& store, std::string_view tenant) {
  const auto version = store.get(tenant);
  if (!version) return to_string(version.error());
  return *version ? std::to_string((*version)->number) + ":" + (*version)->data : "none";
}

std::size_t files(const TempDir& dir) {
  const std::filesystem::directory_iterator all(dir / "kept");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(PreserveStore, HandsBackTheLatestVersion) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "state/kept"});
  EXPECT_EQ(latest(store, "stt"), "none");
  EXPECT_EQ(store.put("stt", "one"), 1u);
  EXPECT_EQ(store.put("stt", "two"), 2u);
  EXPECT_EQ(store.put("llm", std::string_view("a\0b", 3)), 1u);
  EXPECT_EQ(latest(store, "stt"), "2:two");
  EXPECT_EQ(latest(PreserveStore({.directory = dir / "state/kept"}), "llm"),
            std::string("1:a\0b", 5));
  EXPECT_TRUE(store.drop("stt"));
  EXPECT_EQ(latest(store, "stt"), "none");
  EXPECT_EQ(latest(store, "llm").size(), 5u);
}

TEST(PreserveStore, CountsTenantsNotVersions) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "kept"});
  EXPECT_EQ(store.count("1000/"), 0u);
  for (const char* tenant : {"1000/a", "1000/a", "1000/b.c", "1001/a", "10001/a"}) {
    ASSERT_TRUE(store.put(tenant, "x"));
  }
  EXPECT_EQ(store.count("1000/"), 2u);
  EXPECT_EQ(store.count("1001/"), 1u);
  EXPECT_EQ(store.count("7/"), 0u);
}

TEST(PreserveStore, KeepsABoundedNumberOfVersions) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "kept", .versions = 3});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store.put("stt", std::to_string(i)));
  EXPECT_EQ(files(dir), 3u);
  EXPECT_EQ(latest(store, "stt"), "20:19");
}

TEST(PreserveStore, TornOrForeignFilesAreNoVersions) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "kept"});
  ASSERT_TRUE(store.put("stt", "complete"));
  ASSERT_TRUE(store.put("stt", "the next one"));
  const std::string whole = dir.read("kept/stt.2.kept");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    dir.write("kept/stt.2.kept", whole.substr(0, length));
    ASSERT_EQ(latest(store, "stt"), "1:complete") << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    dir.write("kept/stt.2.kept", broken);
    ASSERT_EQ(latest(store, "stt"), "1:complete") << at;
  }
  dir.write("kept/stt.2.kept", whole + "x");
  EXPECT_EQ(latest(store, "stt"), "1:complete");
  dir.write("kept/stt.99999999999999999999.kept", whole);
  dir.write("kept/stt..kept", whole);
  dir.write("kept/stt.x.kept", whole);
  EXPECT_EQ(latest(store, "stt"), "1:complete");
  // A torn one does not count among those that are kept.
  EXPECT_EQ(store.put("stt", "three"), 3u);
  dir.write("kept/stt.3.kept", "");
  EXPECT_EQ(latest(store, "stt"), "1:complete");
}

TEST(PreserveStore, TenantsCannotReachEachOthersFilesByTheirNames) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "kept"});
  for (const char* name : {"a", "a.1", "../a", "/etc/passwd", "a/b", "a b", "stt#2", ".", "%2e"}) {
    ASSERT_TRUE(store.put(name, name)) << name;
  }
  for (const char* name : {"a", "a.1", "../a", "/etc/passwd", "a/b", "a b", "stt#2", ".", "%2e"}) {
    EXPECT_EQ(latest(store, name), std::string("1:") + name);
  }
  EXPECT_FALSE(store.put("", "x"));
  EXPECT_FALSE(store.put(std::string(5000, 'a'), "x"));
  EXPECT_FALSE(std::filesystem::exists(dir / "a"));
}

TEST(PreserveStore, RefusesWhatIsTooMuch) {
  const TempDir dir;
  PreserveStore store({.directory = dir / "kept", .largest = 8_B});
  const auto put = store.put("stt", "123456789");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Errc::refused);
  EXPECT_EQ(latest(store, "stt"), "none");
}

TEST(PreserveStore, SaysWhereItCouldNotWrite) {
  const TempDir dir;
  dir.write("kept", "a file in its place");
  PreserveStore store({.directory = dir / "kept"});
  const auto put = store.put("stt", "x");
  ASSERT_FALSE(put);
  EXPECT_NE(to_string(put.error()).find(dir / "kept"), std::string::npos);
}

/// Kills a writer before its n-th writing system call, for every n: what was acknowledged is there,
/// and what is there is complete.
TEST(PreserveStore, KillAtEveryWriteLosesNothingThatWasAcknowledged) {
  const TempDir dir;
  constexpr int kPuts = 4;
  const auto data = [](int i) { return std::string(1'200'000, static_cast<char>('a' + i)); };
  bool finished = false;
  int kills = 0;
  for (int fatal = 1; !finished; ++fatal) {
    std::filesystem::remove_all(dir / "kept");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    Child writer([&] {
      int calls = 0;
      PreserveStore store({.directory = dir / "kept", .before_call = [&] {
                             if (++calls == fatal) raise(SIGKILL);
                           }});
      for (int i = 0; i < kPuts; ++i) {
        if (!store.put("stt", data(i)) || write(ends[1], "", 1) != 1) _exit(1);
      }
    });
    close(ends[1]);
    const int status = writer.reap();
    char bytes[kPuts];
    const auto acknowledged = static_cast<int>(read(ends[0], bytes, kPuts));
    close(ends[0]);
    finished = WIFEXITED(status);
    if (finished) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    kills += finished ? 0 : 1;

    const PreserveStore store({.directory = dir / "kept"});
    const auto version = store.get("stt");
    ASSERT_TRUE(version) << to_string(version.error());
    const int found = *version ? static_cast<int>((*version)->number) : 0;
    EXPECT_GE(found, acknowledged) << "killed before call " << fatal;
    EXPECT_LE(found, acknowledged + 1);
    if (found > 0) {
      EXPECT_TRUE((*version)->data == data(found - 1));
    }
  }
  // mkdir, open, two writes, fsync, rename, fsync; once the fsync above a new directory; and from the
  // third version on one unlink.
  EXPECT_EQ(kills, 4 * 7 + 1 + 2);
}

}  // namespace
}  // namespace spillway
