#include "record/journal_reader.h"

#include <gtest/gtest.h>

#include "json/codec.h"
#include "record/replay.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::TempDir;

std::string line(const Event& event) { return to_compact_text(event) + "\n"; }
std::string note(const char* text) { return line(Note{{}, {}, text}); }

std::vector<std::string> texts(JournalReader& reader) {
  std::vector<std::string> all;
  while (const auto event = reader.next()) all.push_back(std::get<Note>(*event).text);
  return all;
}
using Texts = std::vector<std::string>;

TEST(JournalReader, ReadsTheFilesOfADirectoryInOrder) {
  const TempDir dir;
  dir.write("journal-00000002.jsonl", note("c"));
  dir.write("journal-00000001.jsonl", note("a") + note("b"));
  auto reader = JournalReader::open(dir.path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(texts(*reader), (Texts{"a", "b", "c"}));
  EXPECT_EQ(reader->skipped(), 0U);
}

TEST(JournalReader, SkipsGarbageAndSaysWhere) {
  const TempDir dir;
  const std::string path =
      dir.write("j.jsonl", note("a") + "garbage\n" + std::string(3, '\0') + "\n\n" +
                               "{\"kind\":\"note\",\"text\":5}\n" + "{\"kind\":\"later\"}\n" +
                               note("b") + "{\"kind\":\"note\",\"te");
  auto reader = JournalReader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(texts(*reader), (Texts{"a", "b"}));
  ASSERT_EQ(reader->skipped(), 5U);
  const auto& skipped = reader->skipped_lines();
  EXPECT_EQ(skipped[0].line, 2U);
  EXPECT_EQ(skipped[0].file, path);
  EXPECT_EQ(skipped[2].line, 5U);
  EXPECT_EQ(skipped[2].why, "text: not text");
  EXPECT_EQ(skipped[4].line, 8U);
}

TEST(JournalReader, ALineLongerThanAnyRecordIsSkippedWithoutHoldingIt) {
  const TempDir dir;
  const std::string path = dir.path() + "/j.jsonl";
  {
    std::ofstream file(path);
    file << note("a");
    const std::string chunk(1 << 20, 'x');
    for (int i = 0; i < 17; ++i) file << chunk;
    file << "\n" << note("b");
  }
  auto reader = JournalReader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(texts(*reader), (Texts{"a", "b"}));
  EXPECT_EQ(reader->skipped(), 1U);
}

TEST(JournalReader, LinesMayBeLongerThanAChunk) {
  const TempDir dir;
  const std::string text(200'000, 'y');
  auto reader = JournalReader::open(dir.write("j.jsonl", note(text.c_str()) + note("b")));
  EXPECT_EQ(texts(*reader), (Texts{text, "b"}));
}

TEST(JournalReader, AFileWithoutEventsIsNoError) {
  const TempDir dir;
  auto reader = JournalReader::open(dir.write("empty", ""));
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
  auto directory = JournalReader::open(dir.path());
  ASSERT_TRUE(directory);
  EXPECT_FALSE(directory->next());
}

TEST(JournalReader, AMissingFileIsAnError) {
  const auto reader = JournalReader::open("/nowhere/journal");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::not_found);
  EXPECT_EQ(reader.error().where, "/nowhere/journal");
}

Frame look(std::uint64_t number, const char* tenant = nullptr) {
  Frame frame;
  frame.number = number;
  if (tenant) frame.tenants.emplace().emplace_back().id = {tenant};
  return frame;
}

Event policy(double margin) {
  PolicyChanged changed;
  changed.policy.defaults.margin = margin;
  return changed;
}

TEST(Replay, GivesEveryLookItsTenantsAndPolicy) {
  const TempDir dir;
  const std::string path =
      dir.write("j.jsonl", line(policy(0.02)) + line(look(1, "a")) + line(look(2)) +
                               line(policy(0.03)) + line(look(3, "b")) + line(look(4)));
  Replay replay(std::move(*JournalReader::open(path)));
  std::vector<RecordedLook> looks;
  while (auto recorded = replay.next()) looks.push_back(std::move(*recorded));
  ASSERT_EQ(looks.size(), 4);
  EXPECT_TRUE(looks[0].first);
  EXPECT_FALSE(looks[1].first);
  EXPECT_EQ(looks[1].frame.tenants->at(0).id.text, "a");
  EXPECT_DOUBLE_EQ(looks[1].policy.defaults.margin, 0.02);
  EXPECT_EQ(looks[3].frame.tenants->at(0).id.text, "b");
  EXPECT_DOUBLE_EQ(looks[3].policy.defaults.margin, 0.03);
}

TEST(Replay, HandsOverWhatEndedBetweenTwoLooks) {
  const TempDir dir;
  StepEnded ended;
  ended.step.id = ended.outcome.step = 7;
  const std::string path =
      dir.write("j.jsonl", line(look(1)) + line(StepStarted{{}, {}, ended.step}) + line(ended) +
                               line(look(2)) + line(look(3)));
  Replay replay(std::move(*JournalReader::open(path)));
  EXPECT_TRUE(replay.next()->ended.empty());
  const auto second = replay.next();
  ASSERT_EQ(second->ended.size(), 1);
  EXPECT_EQ(second->ended[0].second.step, 7U);
  EXPECT_TRUE(replay.next()->ended.empty());
}

TEST(Replay, ARestartOfTheRecordedProgramBeginsAnew) {
  const TempDir dir;
  const std::string path =
      dir.write("j.jsonl", line(look(8, "a")) + line(look(9)) + line(look(1)) + line(look(2)));
  Replay replay(std::move(*JournalReader::open(path)));
  replay.next();
  replay.next();
  const auto restarted = replay.next();
  EXPECT_TRUE(restarted->first);
  EXPECT_TRUE(restarted->frame.tenants->empty());
  EXPECT_FALSE(replay.next()->first);
}

}  // namespace
}  // namespace spillway
