#include "port/nvml_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_nvml.h"

namespace spillway {
namespace {

using support::FakeNvml;
using testing::ElementsAre;
using testing::Field;

constexpr const char* kOneDevice = "device GPU-a 0000:41:00.0 1000 300 50\n";

auto process(pid_t pid, std::optional<Bytes> used) {
  return testing::AllOf(Field(&NvmlProcess::pid, pid), Field(&NvmlProcess::used, used));
}

class NvmlApiTest : public testing::Test {
 protected:
  NvmlApi api(const std::string& library = FakeNvml::library()) const {
    auto loaded = NvmlApi::load(library);
    EXPECT_TRUE(loaded) << to_string(loaded.error());
    return *loaded;
  }

  FakeNvml nvml_;
};

TEST_F(NvmlApiTest, SaysThatThereIsNoLibrary) {
  const auto none = NvmlApi::load("/nonexistent/libnvidia-ml.so.1");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_EQ(none.error().where, "/nonexistent/libnvidia-ml.so.1");
  EXPECT_EQ(NvmlApi::load("libc.so.6").error().code, Errc::unsupported);
}

TEST_F(NvmlApiTest, ReadsTotalsWithTheReservedShare) {
  nvml_.says(kOneDevice);
  const NvmlApi nvml = api();
  ASSERT_TRUE(nvml.init());
  const auto device = nvml.device_at("0000:41:00.0");
  ASSERT_TRUE(device);
  EXPECT_EQ(nvml.uuid(*device), "GPU-a");
  EXPECT_EQ(nvml.name(*device), "NVIDIA Fake");
  EXPECT_EQ(nvml.address(*device), "0000:41:00.0");
  const auto memory = nvml.memory(*device);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 1000_B);
  EXPECT_EQ(memory->used, 300_B);
  EXPECT_EQ(memory->reserved, 50_B);
  EXPECT_EQ(memory->free, 650_B);
}

TEST_F(NvmlApiTest, AnOldDriverDoesNotKnowTheReservedShare) {
  nvml_.says(std::string(kOneDevice) + "process GPU-a 7 100 compute\n");
  const NvmlApi nvml = api(FakeNvml::old_library());
  const auto device = nvml.device_at("0000:41:00.0");
  const auto memory = nvml.memory(*device);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->reserved, std::nullopt);
  EXPECT_EQ(memory->used, 350_B);
  EXPECT_THAT(*nvml.processes(*device), ElementsAre(process(7, 100_B)));
}

TEST_F(NvmlApiTest, ADriverThatRefusesTheNewStructIsAskedInTheOldWay) {
  nvml_.says(std::string(kOneDevice) + "fail nvmlDeviceGetMemoryInfo_v2 25\n");
  const NvmlApi nvml = api();
  const auto memory = nvml.memory(*nvml.device_at("0000:41:00.0"));
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->reserved, std::nullopt);
}

TEST_F(NvmlApiTest, ListsEveryProcessOnceAndWhatIsNotSaidAsUnknown) {
  nvml_.says(std::string(kOneDevice) +
             "process GPU-a 7 100 compute\nprocess GPU-a 9 na compute\n"
             "process GPU-a 7 100 graphics\nprocess GPU-a 8 20 mps\n");
  const NvmlApi nvml = api();
  const auto processes = nvml.processes(*nvml.device_at("0000:41:00.0"));
  ASSERT_TRUE(processes);
  EXPECT_THAT(*processes,
              ElementsAre(process(7, 100_B), process(8, 20_B), process(9, std::nullopt)));
}

TEST_F(NvmlApiTest, AListThatGrowsWhileItIsReadIsAskedAgain) {
  nvml_.says(std::string(kOneDevice) + "process GPU-a 7 100 compute\ngrows\n");
  const NvmlApi nvml = api();
  const auto device = nvml.device_at("0000:41:00.0");
  // It grows by more than the spare room each time: given up with an error, not with half a list.
  const auto processes = nvml.processes(*device);
  ASSERT_FALSE(processes);
  EXPECT_EQ(processes.error().where, "nvmlDeviceGetComputeRunningProcesses");
  EXPECT_GT(nvml_.calls("nvmlDeviceGetComputeRunningProcesses_v3"), 3);
  nvml_.says(std::string(kOneDevice) + "process GPU-a 7 100 compute\n");
  EXPECT_THAT(*nvml.processes(*device), ElementsAre(process(7, 100_B)));
}

TEST_F(NvmlApiTest, TellsLossFromLackOfSupportAndOfRights) {
  const NvmlApi nvml = api();
  nvml_.says(kOneDevice);
  const auto device = nvml.device_at("0000:41:00.0");
  nvml_.says("device GPU-a 0000:41:00.0 1000 300 50 integrated\n");
  EXPECT_EQ(nvml.memory(*device).error().code, Errc::unsupported);
  nvml_.says("device GPU-a 0000:41:00.0 1000 300 50 lost\n");
  const auto lost = nvml.memory(*device);
  EXPECT_EQ(lost.error().code, Errc::unavailable);
  EXPECT_EQ(to_string(lost.error()), "nvmlDeviceGetMemoryInfo_v2: GPU is lost");
  nvml_.says("device GPU-a 0000:41:00.0 1000 300 50 denied\n");
  EXPECT_EQ(nvml.device_at("0000:41:00.0").error().code, Errc::denied);
  EXPECT_EQ(nvml.device_at("0000:42:00.0").error().code, Errc::not_found);
  nvml_.says("fail nvmlInit_v2 9\n");
  EXPECT_EQ(nvml.init().error().code, Errc::unavailable);
}

TEST_F(NvmlApiTest, RefusesFiguresThatCannotBe) {
  const NvmlApi nvml = api();
  for (const char* figures :
       {"18446744073709551615 300 50", "1000 3000 50", "1000 18446744073709551000 0"}) {
    nvml_.says(std::string("device GPU-a 0000:41:00.0 ") + figures + "\n");
    EXPECT_EQ(nvml.memory(*nvml.device_at("0000:41:00.0")).error().code, Errc::invalid) << figures;
  }
}

TEST_F(NvmlApiTest, WaitsForXidErrors) {
  nvml_.says(kOneDevice);
  const NvmlApi nvml = api();
  const auto device = nvml.device_at("0000:41:00.0");
  const auto set = nvml.watch_xids({*device});
  ASSERT_TRUE(set);
  EXPECT_EQ(nvml.wait_event(*set, 1ms)->has_value(), false);
  nvml_.says(std::string(kOneDevice) + "xid GPU-a 79\n");
  const auto event = nvml.wait_event(*set, 1s);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->xid, 79U);
  EXPECT_EQ((*event)->device, *device);
  nvml.unwatch(*set);
  nvml_.says(std::string(kOneDevice) + "fail nvmlDeviceRegisterEvents 3\n");
  EXPECT_EQ(nvml.watch_xids({*device}).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace spillway
