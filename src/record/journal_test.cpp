#include "record/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>

#include "json/codec.h"
#include "record/journal_reader.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::FakeClock;
using support::TempDir;

Frame look(std::uint64_t number) {
  Frame frame;
  frame.number = number;
  frame.snapshot.at = TimePoint(number * 1s);
  frame.snapshot.wall = {static_cast<std::int64_t>(number) * 1'000'000'000};
  return frame;
}

struct Journal : testing::Test {
  TempDir dir;
  FakeClock clock;
  std::mutex mutex;
  std::vector<std::string> complaints;

  JournalOptions options() {
    JournalOptions o;
    o.directory = dir / "state/journal";
    o.frames.every = true;
    o.clock = &clock;
    o.complain = [this](const std::string& text) {
      const std::lock_guard lock(mutex);
      complaints.push_back(text);
    };
    return o;
  }

  /// Everything in the journal, and that all of it could be read.
  std::vector<Event> read(const std::string& path) {
    std::vector<Event> events;
    auto reader = JournalReader::open(path);
    if (!reader) return events;
    while (auto event = reader->next()) events.push_back(std::move(*event));
    EXPECT_EQ(reader->skipped(), 0U);
    return events;
  }
};

TEST_F(Journal, WritesWhatCanBeReadAgainInOrder) {
  {
    JournalWriter writer(options());
    writer.take(PolicyChanged{});
    for (std::uint64_t i = 0; i < 10; ++i) writer.take(look(i));
    writer.take(Note{{}, {}, "the end"});
  }
  const auto events = read(dir / "state/journal");
  ASSERT_EQ(events.size(), 12);
  EXPECT_TRUE(std::holds_alternative<PolicyChanged>(events[0]));
  EXPECT_EQ(std::get<Frame>(events[10]).number, 9U);
  EXPECT_EQ(std::get<Note>(events[11]).text, "the end");
}

TEST_F(Journal, TheSchemaIsOnTheFirstLineOnly) {
  {
    JournalWriter writer(options());
    writer.take(look(0));
    writer.take(look(1));
  }
  const std::string text = dir.read("state/journal/journal-00000001.jsonl");
  EXPECT_EQ(text.rfind(R"({"schema":"spillway.journal/1","kind":"frame",)", 0), 0U);
  EXPECT_EQ(text.find("schema", 20), std::string::npos);
}

TEST_F(Journal, GoesOnWithTheLastFileAfterARestart) {
  for (std::uint64_t run = 0; run < 3; ++run) {
    JournalWriter writer(options());
    writer.take(look(run));
  }
  EXPECT_EQ(list_journal(dir / "state/journal")->size(), 1);
  EXPECT_EQ(read(dir / "state/journal").size(), 3);
}

TEST_F(Journal, EveryFileCanBeReadAlone) {
  JournalOptions small = options();
  small.max_file = 8_KiB;
  Frame first = look(0);
  first.tenants.emplace().emplace_back().id = {"stt"};
  {
    JournalWriter writer(small);
    writer.take(PolicyChanged{});
    writer.take(first);
    for (std::uint64_t i = 1; i < 200; ++i) writer.take(look(i));
  }
  const auto files = list_journal(dir / "state/journal").value();
  ASSERT_GT(files.size(), 3);
  std::size_t frames = 0;
  for (const JournalFile& file : files) {
    const auto events = read(file.path);
    ASSERT_GE(events.size(), 2);
    EXPECT_TRUE(std::holds_alternative<PolicyChanged>(events[0])) << file.path;
    ASSERT_TRUE(std::get<Frame>(events[1]).tenants.has_value()) << file.path;
    EXPECT_EQ(std::get<Frame>(events[1]).tenants->size(), 1);
    frames += events.size() - 1;
  }
  EXPECT_EQ(frames, 200);
}

TEST_F(Journal, StaysWithinItsBound) {
  JournalOptions small = options();
  small.max_file = 2_KiB;
  small.limits.max_total = 8_KiB;
  {
    JournalWriter writer(small);
    for (std::uint64_t i = 0; i < 500; ++i) writer.take(look(i * 60));
  }
  Bytes total;
  const auto files = list_journal(dir / "state/journal").value();
  for (const JournalFile& file : files) total += file.size;
  EXPECT_LE(total, 8_KiB);
  const auto events = read(dir / "state/journal");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(std::get<Frame>(events.back()).number, 499U * 60) << "the latest stays";
}

TEST_F(Journal, RecordsIntoASingleFileWithoutRotation) {
  JournalOptions single = options();
  single.directory.clear();
  single.file = dir / "record.jsonl";
  single.max_file = 1_KiB;
  {
    JournalWriter writer(single);
    for (std::uint64_t i = 0; i < 100; ++i) writer.take(look(i));
  }
  EXPECT_EQ(read(single.file).size(), 100);
  EXPECT_GT(dir.read("record.jsonl").size(), 1024U);
}

TEST_F(Journal, ALineTornByAKillCostsOnlyItself) {
  {
    JournalWriter writer(options());
    writer.take(look(0));
    writer.take(look(1));
  }
  const std::string path = dir / "state/journal/journal-00000001.jsonl";
  const std::string text = dir.read("state/journal/journal-00000001.jsonl");
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(text.size() - 20)), 0);
  {
    JournalWriter writer(options());
    writer.take(look(2));
  }
  auto reader = JournalReader::open(dir / "state/journal");
  ASSERT_TRUE(reader);
  std::vector<std::uint64_t> numbers;
  while (auto event = reader->next()) numbers.push_back(std::get<Frame>(*event).number);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{0, 2}));
  ASSERT_EQ(reader->skipped(), 1U);
  EXPECT_EQ(reader->skipped_lines()[0].line, 2U);
}

TEST_F(Journal, AFullDiskIsCountedAndComplainedAboutOnce) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  JournalOptions full = options();
  full.directory.clear();
  full.file = "/dev/full";
  JournalCounters counters;
  {
    JournalWriter writer(full);
    for (std::uint64_t i = 0; i < 5; ++i) writer.take(look(i));
  }
  ASSERT_EQ(complaints.size(), 1);
  EXPECT_NE(complaints[0].find("No space left on device"), std::string::npos);
}

TEST_F(Journal, WritesAgainWhenTheCauseIsGone) {
  dir.write("state", "a file where a directory should be");
  JournalWriter writer(options());
  const auto wait_for = [&](auto counter, std::uint64_t count) {
    for (int i = 0; i < 5000 && counter(writer.counters()) < count; ++i) usleep(1000);
  };
  writer.take(look(0));
  wait_for([](const JournalCounters& c) { return c.failed; }, 1);
  EXPECT_EQ(writer.counters().failed, 1U);
  ASSERT_EQ(unlink((dir / "state").c_str()), 0);
  writer.take(look(1));
  wait_for([](const JournalCounters& c) { return c.written; }, 1);
  EXPECT_EQ(writer.counters().written, 1U);
  const std::lock_guard lock(mutex);
  ASSERT_EQ(complaints.size(), 2);
  EXPECT_EQ(complaints[1], "journal: writing again, 1 records were lost");
}

TEST_F(Journal, AHangingDiskCostsRecordsButNotTheCaller) {
  // A FIFO whose reader does not read: the writer hangs in write(2) as on a dead disk.
  JournalOptions hanging = options();
  hanging.directory.clear();
  hanging.file = dir / "fifo";
  hanging.queue_bytes = 16 << 10;
  ASSERT_EQ(mkfifo(hanging.file.c_str(), 0600), 0);
  const int reader = open(hanging.file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::string all;
  {
    JournalWriter writer(hanging);
    for (std::uint64_t i = 0; i < 2000; ++i) writer.take(look(i));
    EXPECT_GT(writer.counters().dropped, 0U);
    // Until the journal's own words about the loss arrive; the runner's time limit ends it else.
    while (all.find("dropped") == std::string::npos) {
      pollfd ready{reader, POLLIN, 0};
      poll(&ready, 1, 10);
      char chunk[4096];
      const ssize_t count = ::read(reader, chunk, sizeof chunk);
      if (count > 0) all.append(chunk, static_cast<std::size_t>(count));
    }
  }
  close(reader);
  EXPECT_NE(all.find(R"("kind":"note")"), std::string::npos);
}

TEST_F(Journal, ADirectoryThatCannotBeMadeIsNoReasonToStop) {
  JournalOptions bad = options();
  bad.directory = "/proc/spillway/journal";
  {
    JournalWriter writer(bad);
    writer.take(look(0));
  }
  EXPECT_EQ(complaints.size(), 1);
}

TEST(DefaultJournalDirectory, FollowsTheStateDirectory) {
  EXPECT_EQ(default_journal_directory(false), "/var/lib/spillway/journal");
  setenv("XDG_STATE_HOME", "/home/x/state", 1);
  EXPECT_EQ(default_journal_directory(true), "/home/x/state/spillway/journal");
  setenv("XDG_STATE_HOME", "relative", 1);
  setenv("HOME", "/home/x", 1);
  EXPECT_EQ(default_journal_directory(true), "/home/x/.local/state/spillway/journal");
  unsetenv("XDG_STATE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(default_journal_directory(true), "");
}

}  // namespace
}  // namespace spillway
