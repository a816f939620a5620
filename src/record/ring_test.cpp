#include "record/ring.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

Frame look(std::uint64_t number) {
  Frame frame;
  frame.number = number;
  frame.snapshot.at = TimePoint(number * 10s);
  return frame;
}

Note note(int number) { return {{}, {}, "note " + std::to_string(number)}; }

TEST(EventRing, GivesBackWhatItTookInOrder) {
  EventRing ring;
  ring.take(note(1));
  ring.take(look(2));
  ring.take(note(3));
  const auto events = ring.events();
  ASSERT_EQ(events.size(), 3);
  EXPECT_EQ(std::get<Note>(events[0]).text, "note 1");
  EXPECT_EQ(std::get<Frame>(events[1]).number, 2U);
  EXPECT_EQ(std::get<Note>(events[2]).text, "note 3");
}

TEST(EventRing, StaysWithinItsCapacityAndForgetsTheOldest) {
  EventRing ring(4_KiB);
  for (int i = 0; i < 1000; ++i) ring.take(note(i));
  EXPECT_LE(ring.size(), 2_KiB);
  const auto events = ring.events();
  ASSERT_GT(events.size(), 5);
  EXPECT_EQ(std::get<Note>(events.back()).text, "note 999");
}

TEST(EventRing, FramesDoNotPushOutWhatWasDone) {
  EventRing ring(8_KiB);
  ring.take(StepEnded{});
  for (std::uint64_t i = 0; i < 1000; ++i) ring.take(look(i));
  EXPECT_LE(ring.size(), 8_KiB);
  EXPECT_TRUE(std::holds_alternative<StepEnded>(ring.events().front()));
}

TEST(EventRing, LateSubscribersGetWhatTheyMissed) {
  EventRing ring;
  for (int i = 1; i <= 5; ++i) ring.take(note(i));
  EXPECT_EQ(ring.last(), 5U);
  const auto missed = ring.since(3);
  ASSERT_EQ(missed.size(), 2);
  EXPECT_EQ(missed[0].sequence, 4U);
  EXPECT_NE(missed[0].text.find("note 4"), std::string::npos);
  EXPECT_TRUE(ring.since(5).empty());
  EXPECT_TRUE(ring.since(99).empty());
}

TEST(EventRing, AnEventLargerThanTheRingIsNotKept) {
  EventRing ring(1_KiB);
  ring.take(Note{{}, {}, std::string(5000, 'x')});
  EXPECT_TRUE(ring.events().empty());
  EXPECT_EQ(ring.size(), 0_B);
}

}  // namespace
}  // namespace spillway
