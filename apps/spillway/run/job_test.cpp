#include "run/job.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using support::eventually;

Job started(std::vector<std::string> command) {
  auto job = Job::prepare(std::move(command));
  EXPECT_TRUE(job);
  return std::move(*job);
}

int end_of(Job& job) {
  std::optional<int> status;
  EXPECT_TRUE(eventually([&] { return (status = job.poll()).has_value(); }));
  return status.value_or(-1);
}

TEST(Job, DoesNothingBeforeItIsReleased) {
  const support::TempDir dir;
  Job job = started({"touch", dir / "made"});
  EXPECT_TRUE(job.start_ticks());
  EXPECT_FALSE(job.poll());
  EXPECT_NE(::access((dir / "made").c_str(), F_OK), 0);
  EXPECT_EQ(job.release(), 0);
  EXPECT_EQ(WEXITSTATUS(end_of(job)), 0);
  EXPECT_EQ(::access((dir / "made").c_str(), F_OK), 0);
}

TEST(Job, TellsTheExitCode) {
  Job job = started({"sh", "-c", "exit 42"});
  EXPECT_EQ(job.release(), 0);
  EXPECT_EQ(WEXITSTATUS(end_of(job)), 42);
  EXPECT_TRUE(job.ended());
}

TEST(Job, TellsWhyThereIsNoCommand) {
  Job missing = started({"/nonexistent/program"});
  EXPECT_EQ(missing.release(), ENOENT);
  missing.wait();
  Job directory = started({"/"});
  EXPECT_EQ(directory.release(), EACCES);
  directory.wait();
}

TEST(Job, ReleasesNothingThatWasKilledMeanwhile) {
  Job job = started({"true"});
  job.signal(SIGKILL);
  EXPECT_EQ(WTERMSIG(end_of(job)), SIGKILL);
}

TEST(Job, SeesItsCommandStopAndGoOn) {
  Job job = started({"sleep", "100"});
  ASSERT_EQ(job.release(), 0);
  job.signal(SIGSTOP);
  EXPECT_TRUE(WIFSTOPPED(end_of(job)));
  EXPECT_FALSE(job.ended());
  job.signal(SIGCONT);
  job.signal(SIGTERM);
  EXPECT_EQ(WTERMSIG(end_of(job)), SIGTERM);
}

TEST(Job, TheCommandEndsWhenItsSupervisorIsKilled) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  pid_t command = 0;
  {
    support::Child supervisor([&] {
      auto job = Job::prepare({"sleep", "100"});
      if (!job || job->release() != 0) _exit(1);
      const pid_t pid = job->pid();
      if (::write(ends[1], &pid, sizeof pid) < 0) _exit(1);
      support::Child::sleep_forever();
    });
    ASSERT_EQ(::read(ends[0], &command, sizeof command), static_cast<ssize_t>(sizeof command));
    EXPECT_EQ(::kill(command, 0), 0);
  }
  EXPECT_TRUE(eventually([&] {
    const char state = support::process_state(command);
    return state == '?' || state == 'Z';
  }));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace spillway
