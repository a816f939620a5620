#include "sense/device_pids.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_tree.h"

namespace spillway {
namespace {

class DevicePidsTest : public testing::Test {
 protected:
  /// A process of this pid here, and in its own namespace.
  void add(pid_t pid, pid_t inner, bool holds, int start = 1) {
    const std::string directory = "proc/" + std::to_string(pid);
    std::string names = "\t" + std::to_string(pid);
    if (inner != pid) names += "\t" + std::to_string(inner);
    machine_.write(directory + "/status", "Name:\tx\nNSpid:" + names + "\n");
    machine_.write(directory + "/stat", std::to_string(pid) +
                                            " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                                            std::to_string(start) + " 0 0\n");
    std::filesystem::create_directories(machine_ / (directory + "/fd"));
    std::filesystem::create_symlink(holds ? "/dev/nvidia0" : "/dev/null",
                                    machine_ / (directory + "/fd/3"));
  }

  support::TempTree machine_;
  DevicePids pids_{SysRoot(machine_.path()), "/dev/nvidia"};
};

TEST_F(DevicePidsTest, AHostPidStandsWhenItsProcessHoldsTheGpu) {
  add(700, 700, true);
  add(900, 700, true);  // a container's process of the same name is not meant
  EXPECT_EQ(pids_.host_pid(700), 700);
}

TEST_F(DevicePidsTest, AContainersPidIsFoundByItsInnermostName) {
  add(7, 7, false);  // somebody else on the host has that number
  add(900, 7, true);
  EXPECT_EQ(pids_.host_pid(7), 900);
}

TEST_F(DevicePidsTest, AmongContainersTheHolderIsMeant) {
  add(900, 7, false);
  add(901, 7, true);
  EXPECT_EQ(pids_.host_pid(7), 901);
}

TEST_F(DevicePidsTest, WhatIsAmbiguousOrUnknownKeepsItsName) {
  add(900, 7, true);
  add(901, 7, true);
  EXPECT_EQ(pids_.host_pid(7), 7);
  EXPECT_EQ(pids_.host_pid(12345), 12345);
}

TEST_F(DevicePidsTest, APidThatWasGivenToAnotherProcessIsLookedUpAgain) {
  add(900, 7, true);
  EXPECT_EQ(pids_.host_pid(7), 900);
  machine_.remove("proc/900");
  add(900, 900, false, 2);
  add(950, 7, true);
  EXPECT_EQ(pids_.host_pid(7), 950);
}

}  // namespace
}  // namespace spillway
