#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "spillway/spillway.hpp"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

/// A program with one small pool of its own, whose fill level a test sets, and a roomy one that its
/// models move to. The guard sees nothing else of the machine.
class LibraryTest : public testing::Test {
 protected:
  static constexpr std::int64_t kCapacity = 1'000'000;

  void SetUp() override {
    write("host", 100'000'000, 1'000'000'000);
    fill(0.10);
  }

  void fill(double share) {
    used_ = static_cast<std::int64_t>(share * static_cast<double>(kCapacity));
    write("gpu", used_, kCapacity);
  }
  /// A model that moves its bytes to the roomy pool (negative: back).
  void give(std::int64_t bytes) {
    write("gpu", used_ -= bytes, kCapacity);
    write("host", host_used_ += bytes, 1'000'000'000);
  }

  spillway::Options options() const {
    spillway::Options out;
    out.check_interval = std::chrono::milliseconds(10);
    out.program = "test";
    out.mode = spillway::Mode::embedded;
    out.only_given_pools = true;
    out.injected = {{"gpu", directory_ / "gpu"}, {"host", directory_ / "host"}};
    out.state_dir = directory_ / "state";
    out.builtin_trims = false;
    return out;
  }

  static spillway::ModelOptions model(std::string name) {
    spillway::ModelOptions out;
    out.name = std::move(name);
    out.pool = "injected:gpu";
    out.variants = {{"gpu", spillway::Bytes(300'000)},
                    {"cpu", {}, {{"injected:host", spillway::Bytes(300'000)}}}};
    return out;
  }

  static spillway::ModelStatus status_of(const spillway::MemoryManager& memory,
                                         const std::string& name) {
    return memory.status().model(name).value_or(spillway::ModelStatus{});
  }

  spillway::support::TempDir directory_;

 private:
  void write(const std::string& pool, std::int64_t used, std::int64_t capacity) {
    directory_.write(pool + ".new", std::to_string(used) + " " + std::to_string(capacity) + "\n");
    std::filesystem::rename(directory_ / (pool + ".new"), directory_ / pool);
  }

  std::atomic<std::int64_t> used_{0};
  std::atomic<std::int64_t> host_used_{100'000'000};
};
