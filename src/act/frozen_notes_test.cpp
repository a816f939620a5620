#include "act/frozen_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "port/process_handle.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::Child;
using support::eventually;
using support::process_state;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ProcessKey key_of(pid_t pid) { return {pid, ProcessHandle::open(pid)->start_ticks()}; }

class FrozenNotesTest : public testing::Test {
 protected:
  std::size_t files() const {
    std::size_t count = 0;
    std::error_code none;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator(directory_ / "frozen", none)) {
      ++count;
    }
    return count;
  }

  support::TempDir directory_;
  FrozenNotes notes_{directory_ / "frozen"};
};

TEST_F(FrozenNotesTest, WhatIsNotedRunsOnAndIsForgotten) {
  Child child(Child::sleep_forever);
  ASSERT_TRUE(notes_.write(key_of(child.pid()), ""));
  child.kill(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == 'T'; }));

  const FrozenNotes next(directory_ / "frozen");  // the guard that comes after
  EXPECT_THAT(next.thaw_all(), ElementsAre(HasSubstr("thawed process")));
  EXPECT_TRUE(eventually([&] { return support::is_running(child.pid()); }));
  EXPECT_EQ(files(), 0u);
  EXPECT_THAT(next.thaw_all(), IsEmpty());
}

TEST_F(FrozenNotesTest, WhatWasThawedInTimeIsNotNotedAnyMore) {
  Child child(Child::sleep_forever);
  ASSERT_TRUE(notes_.write(key_of(child.pid()), ""));
  EXPECT_EQ(files(), 1u);
  notes_.erase(key_of(child.pid()));
  EXPECT_EQ(files(), 0u);
}

TEST_F(FrozenNotesTest, AnotherProcessOfTheSameNumberIsLeftAlone) {
  Child child(Child::sleep_forever);
  child.kill(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return process_state(child.pid()) == 'T'; }));
  ProcessKey earlier = key_of(child.pid());
  --earlier.start_ticks;
  ASSERT_TRUE(notes_.write(earlier, ""));
  EXPECT_THAT(notes_.thaw_all(), IsEmpty());
  EXPECT_EQ(process_state(child.pid()), 'T');
  EXPECT_EQ(files(), 0u);
  child.kill(SIGCONT);
}

TEST_F(FrozenNotesTest, AControlGroupThatIsThereIsThawedAndOneThatIsGoneForgotten) {
  directory_.write("group/cgroup.freeze", "1");
  ASSERT_TRUE(notes_.write({1000, 1}, directory_ / "group"));
  ASSERT_TRUE(notes_.write({1001, 1}, directory_ / "gone"));
  EXPECT_THAT(notes_.thaw_all(), ElementsAre(HasSubstr("group")));
  EXPECT_EQ(directory_.read("group/cgroup.freeze"), "0");
  EXPECT_EQ(files(), 0u);
}

TEST_F(FrozenNotesTest, WhatIsNoNoteIsNoneOfItsBusiness) {
  directory_.write("frozen/README", "hello");
  directory_.write("frozen/-1-5", "");
  directory_.write("frozen/99999999999999999999-1", "");
  EXPECT_THAT(notes_.thaw_all(), IsEmpty());
  EXPECT_EQ(files(), 3u);
}

TEST_F(FrozenNotesTest, WithoutADirectoryNothingIsKeptAndNothingFails) {
  const FrozenNotes none("");
  EXPECT_TRUE(none.write({1000, 1}, ""));
  none.erase({1000, 1});
  EXPECT_THAT(none.thaw_all(), IsEmpty());
}

}  // namespace
}  // namespace spillway
