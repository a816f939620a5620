#include "capi/driver_vram_sensor.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <variant>

#include "capi/builtin_trims.h"
#include "capi/gpu_driver.h"
#include "tests/support/child.h"
#include "tests/support/fake_libcuda.h"

namespace spillway {
namespace {

using support::eventually;

const SystemClock kClock;

/// The program has loaded a CUDA driver, and uses its first device.
class DriverVramSensorTest : public testing::Test {
 protected:
  void SetUp() override {
    // Never unloaded: like the real one, it is referenced by whoever found it.
    library_ = dlopen(SPILLWAY_FAKE_LIBCUDA, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
    cuda_ = static_cast<fake_cuda*>(dlsym(library_, "fake_cuda"));
    ASSERT_NE(cuda_, nullptr);
    *cuda_ = {};
    cuda_->initialized = 1;
    cuda_->device[0] = {.active = 1, .free_bytes = 3u << 30, .total_bytes = 8ull << 30};
  }

  /// What it reads once the reading thread has caught up.
  std::vector<PoolReading> read(DriverVramSensor& sensor) {
    std::vector<PoolReading> pools;
    const TimePoint asked = kClock.now();
    eventually(
        [&] {
          pools.clear();
          const auto readings = sensor.read({.now = kClock.now()});
          if (!readings) return true;
          for (const Reading& reading : *readings) pools.push_back(std::get<PoolReading>(reading));
          return !pools.empty() && pools[0].taken >= asked;
        },
        std::chrono::milliseconds(200));
    return pools;
  }

  void* library_ = nullptr;
  fake_cuda* cuda_ = nullptr;
};

TEST_F(DriverVramSensorTest, ReadsTheDeviceThatTheProgramUses) {
  DriverVramSensor sensor(kClock);
  const auto pools = read(sensor);
  ASSERT_EQ(pools.size(), 1);
  EXPECT_EQ(pools[0].pool.text, "vram:GPU-ab000000-0000-0000-0000-000000000000");
  EXPECT_EQ(pools[0].total, 8_GiB);
  EXPECT_EQ(pools[0].used, 5_GiB);
  EXPECT_EQ(pools[0].source, sensor.name());
  EXPECT_TRUE(eventually([&] { return __atomic_load_n(&cuda_->retained, __ATOMIC_SEQ_CST) == 0; }));
  EXPECT_EQ(cuda_->contexts_made, 0) << "it must never make a context of its own";
}

TEST_F(DriverVramSensorTest, AProgramWithoutAContextHasNoPool) {
  cuda_->device[0].active = 0;
  DriverVramSensor sensor(kClock);
  EXPECT_TRUE(read(sensor).empty());
  EXPECT_EQ(cuda_->contexts_made, 0);
}

TEST_F(DriverVramSensorTest, ADriverThatIsNotInitializedIsLeftAlone) {
  cuda_->initialized = 0;
  DriverVramSensor sensor(kClock);
  EXPECT_TRUE(read(sensor).empty());
}

TEST_F(DriverVramSensorTest, AnIntegratedGpuIsNoVram) {
  cuda_->device[0].integrated = 1;
  DriverVramSensor sensor(kClock);
  EXPECT_TRUE(read(sensor).empty());
}

TEST_F(DriverVramSensorTest, ADriversErrorIsAFaultNotAZero) {
  cuda_->device[0].error = 999;
  DriverVramSensor sensor(kClock);
  EXPECT_TRUE(eventually([&] {
    const auto readings = sensor.read({.now = kClock.now()});
    return !readings && to_string(readings.error()).find("999") != std::string::npos;
  }));
}

TEST_F(DriverVramSensorTest, AHungDriverHangsNobodyAndItsLastReadingAges) {
  const auto hang = reinterpret_cast<fake_cuda_hang_fn>(dlsym(library_, "fake_cuda_hang"));
  DriverVramSensor sensor(kClock);
  ASSERT_EQ(read(sensor).size(), 1);
  hang(1);
  for (int i = 0; i < 3; ++i) {
    const auto readings = sensor.read({.now = kClock.now()});
    ASSERT_TRUE(readings);
    EXPECT_EQ(readings->size(), 1);
  }
  hang(0);
}

TEST_F(DriverVramSensorTest, TellsAndTrimsWhatTheDefaultMemoryPoolHoldsUnused) {
  cuda_->device[0].pool_reserved = 700;
  cuda_->device[0].pool_used = 200;
  DriverVramSensor sensor(kClock);
  read(sensor);
  const auto caches = sensor.caches();
  ASSERT_EQ(caches.size(), 1);
  EXPECT_EQ(caches[0].delta, 500_B);
  trim_devices();
  EXPECT_EQ(cuda_->device[0].trims, 1);
  EXPECT_EQ(cuda_->device[1].trims, 0) << "the program does not use that one";
}

TEST(VramPool, WritesTheUuidAsTheVendorsToolsDo) {
  EXPECT_EQ(vram_pool({0xab, 0xcd, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}).text,
            "vram:GPU-abcd0001-0203-0405-0607-08090a0b0c0d");
  const unsigned char serial[16] = {'c', '5', 'c', 'e', '0', '1', '2', '3',
                                    '4', '5', '6', '7', '8', '9', 'a', 'b'};
  EXPECT_EQ(vram_pool(serial).text, "vram:GPU-c5ce0123456789ab");
}

TEST(BuiltinTrims, GiveBackWhatTheAllocatorKeepsInReserve) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's allocator serves this program";
#endif
  // Many small blocks with a lasting one on top keep the heap's top from shrinking by itself.
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 40'000; ++i) {
    blocks.push_back(std::make_unique<char[]>(1000));
    blocks.back()[0] = 1;
  }
  auto lasting = std::make_unique<char[]>(1000);
  blocks.clear();
  const auto free = free_in_allocators();
  EXPECT_TRUE(!free || *free > 10_MiB);
  EXPECT_GT(trim_allocators(), 10_MiB);
}

}  // namespace
}  // namespace spillway
