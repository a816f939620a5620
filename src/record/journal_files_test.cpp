#include "record/journal_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "json/codec.h"
#include "record/journal_reader.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::TempDir;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr WallTime kNow{1'790'000'000 * kSecond};

std::string frame_line(std::uint64_t number, std::int64_t at_seconds,
                       const char* tenant = nullptr) {
  Frame frame;
  frame.number = number;
  frame.snapshot.wall = {at_seconds * kSecond};
  if (tenant) frame.tenants.emplace().emplace_back().id = {tenant};
  return to_compact_text(Event(frame)) + "\n";
}

std::string note_line(const char* text) {
  return to_compact_text(Event(Note{{}, {}, text})) + "\n";
}

void set_age(const std::string& path, Duration age) {
  const std::int64_t at = kNow.unix_ns - age.count();
  const timespec time{at / kSecond, at % kSecond};
  const timespec times[2] = {time, time};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

std::vector<Event> read(const std::string& path) {
  std::vector<Event> events;
  auto reader = JournalReader::open(path);
  while (auto event = reader->next()) events.push_back(std::move(*event));
  return events;
}

std::vector<std::string> names(const std::string& directory) {
  std::vector<std::string> all;
  const auto files = list_journal(directory).value();
  for (const JournalFile& file : files) {
    all.push_back(std::filesystem::path(file.path).filename());
  }
  return all;
}
using Names = std::vector<std::string>;

TEST(ListJournal, OrdersByNumberAndIgnoresStrangers) {
  const TempDir dir;
  for (const char* name : {"journal-00000010.jsonl", "journal-00000009.thin.jsonl",
                           "journal-100000000.jsonl", "journal-x.jsonl", "notes.txt",
                           "journal-00000011.jsonl.gz", "journal-00000012.thin.jsonl.tmp"}) {
    dir.write(name, "");
  }
  std::filesystem::create_directory(dir / "journal-00000013.jsonl");
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000009.thin.jsonl", "journal-00000010.jsonl",
                                      "journal-100000000.jsonl"}));
}

TEST(ListJournal, AMissingDirectoryIsAnError) {
  const auto files = list_journal("/nowhere/at/all");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, Errc::not_found);
}

TEST(ThinJournal, LeavesOneFrameAMinuteAndEveryOtherEvent) {
  const TempDir dir;
  std::string text;
  for (std::int64_t s = 0; s < 180; s += 10) text += frame_line(static_cast<std::uint64_t>(s), s);
  text += note_line("kept");
  dir.write("journal-00000001.jsonl", text);
  ASSERT_TRUE(thin_journal_file(list_journal(dir.path())->at(0)));
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000001.thin.jsonl"}));
  const auto events = read(dir.path());
  ASSERT_EQ(events.size(), 4);
  EXPECT_EQ(std::get<Frame>(events[1]).number, 60U);
  EXPECT_EQ(std::get<Note>(events[3]).text, "kept");
  EXPECT_EQ(dir.read("journal-00000001.thin.jsonl").rfind("{\"schema\":", 0), 0U);
}

TEST(ThinJournal, CarriesTheTenantsOfDroppedFramesOn) {
  const TempDir dir;
  dir.write("journal-00000001.jsonl", frame_line(1, 0, "old") + frame_line(2, 10, "new") +
                                          frame_line(3, 60) + frame_line(4, 120));
  ASSERT_TRUE(thin_journal_file(list_journal(dir.path())->at(0)));
  const auto events = read(dir.path());
  ASSERT_EQ(events.size(), 3);
  EXPECT_EQ(std::get<Frame>(events[0]).tenants->at(0).id.text, "old");
  EXPECT_EQ(std::get<Frame>(events[1]).tenants->at(0).id.text, "new");
  EXPECT_FALSE(std::get<Frame>(events[2]).tenants);
}

TEST(ThinJournal, LeavesOutGarbage) {
  const TempDir dir;
  dir.write("journal-00000001.jsonl", "garbage\n" + frame_line(1, 0) + "{\"kind\":\"fr");
  ASSERT_TRUE(thin_journal_file(list_journal(dir.path())->at(0)));
  EXPECT_EQ(read(dir.path()).size(), 1);
}

TEST(KeepWithin, ThinsWhatIsOlderThanADay) {
  const TempDir dir;
  const std::string text = frame_line(1, 0) + frame_line(2, 10);
  set_age(dir.write("journal-00000001.jsonl", text), 25h);
  set_age(dir.write("journal-00000002.jsonl", text), 23h);
  set_age(dir.write("journal-00000003.jsonl", text), 25h);
  ASSERT_TRUE(keep_within(dir.path(), {}, 3, kNow));
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000001.thin.jsonl", "journal-00000002.jsonl",
                                      "journal-00000003.jsonl"}))
      << "the file being written is left alone";
}

TEST(KeepWithin, ThinsBeforeItRemovesAndRemovesTheOldest) {
  const TempDir dir;
  std::string text;
  for (std::uint64_t i = 0; i < 100; ++i) text += frame_line(i, static_cast<std::int64_t>(i));
  for (const char* name : {"journal-00000001.jsonl", "journal-00000002.jsonl",
                           "journal-00000003.jsonl", "journal-00000004.jsonl"}) {
    set_age(dir.write(name, text), 1h);
  }
  const Bytes one{static_cast<std::int64_t>(text.size())};
  JournalLimits limits;
  limits.max_total = Bytes{one.count * 5 / 2};
  ASSERT_TRUE(keep_within(dir.path(), limits, 4, kNow));
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000001.thin.jsonl", "journal-00000002.thin.jsonl",
                                      "journal-00000003.jsonl", "journal-00000004.jsonl"}));
  limits.max_total = one + 1_KiB;
  ASSERT_TRUE(keep_within(dir.path(), limits, 4, kNow));
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000002.thin.jsonl", "journal-00000003.thin.jsonl",
                                      "journal-00000004.jsonl"}));
}

TEST(KeepWithin, ACrashBetweenThinningAndRemovalLosesAndDoublesNothing) {
  const TempDir dir;
  dir.write("journal-00000001.jsonl", frame_line(1, 0) + frame_line(2, 10));
  dir.write("journal-00000001.thin.jsonl", frame_line(1, 0));
  dir.write("journal-00000002.jsonl", frame_line(3, 20));
  EXPECT_EQ(read(dir.path()).size(), 2);
  ASSERT_TRUE(keep_within(dir.path(), {}, 2, kNow));
  EXPECT_EQ(names(dir.path()), (Names{"journal-00000001.thin.jsonl", "journal-00000002.jsonl"}));
}

TEST(KeepWithin, EightDaysOfQuietFramesFitTheDefaultBound) {
  Frame frame;
  for (const char* pool : {"ram", "swap", "vram:GPU-8c5bd6a7-0a3c-4b0e-9f6e-1f2d3c4b5a69"}) {
    PoolReading reading;
    reading.pool = {pool};
    reading.used = reading.total = reading.reserved = reading.cache = 123_GiB;
    reading.source = "meminfo";
    reading.taken = TimePoint(1000h);
    frame.snapshot.pools.push_back(reading);
    PoolAssessment found;
    found.pool = {pool};
    found.used = found.total = found.free = 123_GiB;
    found.share = 0.123456789012345;
    found.growth = 123456.789012345;
    found.since = TimePoint(1000h);
    found.evidence = "12.3 GiB of 31.2 GiB in use (39 %); growing by 1.2 MiB/s, full in 4 h";
    frame.assessment.pools.push_back(found);
  }
  const auto size = static_cast<std::int64_t>(to_compact_text(Event(frame)).size()) + 1;
  EXPECT_LT(size, 2200);
  const std::int64_t first_day = size * 6 * 60 * 24;
  const std::int64_t seven_days = size * 60 * 24 * 7;
  EXPECT_LT(first_day + seven_days, JournalLimits{}.max_total.count);
}

}  // namespace
}  // namespace spillway
