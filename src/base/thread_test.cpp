#include "base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spillway {
namespace {

TEST(StartThread, RunsTheBody) {
  int done = 0;
  auto thread = start_thread([&] { done = 1; });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_EQ(done, 1);
}

TEST(StartThread, SaysWhenThereIsNoneToBeHad) {
  const pid_t child = fork();
  if (child == 0) {
    pthread_attr_t beyond_all_memory;
    pthread_attr_init(&beyond_all_memory);
    pthread_attr_setstacksize(&beyond_all_memory, std::size_t{1} << 50);
    pthread_setattr_default_np(&beyond_all_memory);
    const auto thread = start_thread([] {});
    _exit(!thread && thread.error().code == Errc::unavailable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace spillway
