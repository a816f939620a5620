#include "doctor/read/nvidia.h"

#include <gtest/gtest.h>

#include "tests/support/garbage.h"

namespace spillway::doctor {
namespace {

/// Written after what nvidia-smi of driver 575 prints, cut down.
constexpr const char* kXml = R"(<?xml version="1.0" ?>
<nvidia_smi_log>
	<driver_version>575.51.02</driver_version>
	<gpu id="00000000:41:00.0">
		<persistence_mode>Disabled</persistence_mode>
		<uuid>GPU-1</uuid>
		<fb_memory_usage>
			<total>24576 MiB</total>
			<reserved>512 MiB</reserved>
			<used>1024 MiB</used>
			<free>23040 MiB</free>
		</fb_memory_usage>
		<bar1_memory_usage>
			<used>7 MiB</used>
		</bar1_memory_usage>
		<gpu_reset_status>
			<reset_required>Requested functionality has been deprecated</reset_required>
		</gpu_reset_status>
		<gpu_recovery_action>None</gpu_recovery_action>
		<ecc_errors>
			<volatile>
				<sram_uncorrectable_parity>0</sram_uncorrectable_parity>
				<dram_uncorrectable>0</dram_uncorrectable>
			</volatile>
			<aggregate>
				<dram_uncorrectable>7</dram_uncorrectable>
			</aggregate>
		</ecc_errors>
		<retired_pages>
			<multiple_single_bit_retirement><retired_count>N/A</retired_count></multiple_single_bit_retirement>
			<double_bit_retirement><retired_count>N/A</retired_count></double_bit_retirement>
			<pending_retirement>N/A</pending_retirement>
		</retired_pages>
		<remapped_rows>
			<remapped_row_pending>No</remapped_row_pending>
			<remapped_row_failure>No</remapped_row_failure>
		</remapped_rows>
	</gpu>
	<gpu id="00000000:C2:00.0">
		<persistence_mode>Enabled</persistence_mode>
		<uuid>GPU-2</uuid>
		<gpu_recovery_action>Reset</gpu_recovery_action>
		<ecc_errors>
			<volatile>
				<sram_uncorrectable>1</sram_uncorrectable>
				<dram_uncorrectable>2</dram_uncorrectable>
			</volatile>
		</ecc_errors>
		<retired_pages>
			<multiple_single_bit_retirement><retired_count>3</retired_count></multiple_single_bit_retirement>
			<double_bit_retirement><retired_count>1</retired_count></double_bit_retirement>
			<pending_retirement>Yes</pending_retirement>
		</retired_pages>
		<remapped_rows>
			<remapped_row_failure>Yes</remapped_row_failure>
		</remapped_rows>
	</gpu>
</nvidia_smi_log>
)";

GpuState two() {
  return {{{.address = "0000:41:00.0", .driver = "nvidia"},
           {.address = "0000:c2:00.0", .driver = "nvidia"}},
          "575.51.02"};
}

TEST(NvidiaSmi, SaysHowEachGpuIs) {
  GpuState state = two();
  add_nvidia_smi(kXml, state);
  const Gpu& good = state.gpus[0];
  EXPECT_EQ(good.uuid, "GPU-1");
  EXPECT_EQ(good.used, 1_GiB);
  EXPECT_EQ(good.reserved, 512_MiB);
  EXPECT_EQ(good.persistence, false);
  EXPECT_EQ(good.uncorrectable_errors, 0U);  // those of earlier days do not count
  EXPECT_FALSE(good.bad_pages);
  EXPECT_FALSE(good.repair_pending || good.repair_failed);
  EXPECT_EQ(good.recovery, "");
  const Gpu& bad = state.gpus[1];
  EXPECT_EQ(bad.used, std::nullopt);
  EXPECT_EQ(bad.persistence, true);
  EXPECT_EQ(bad.uncorrectable_errors, 3U);
  EXPECT_EQ(bad.bad_pages, 4U);
  EXPECT_TRUE(bad.repair_pending && bad.repair_failed);
  EXPECT_EQ(bad.recovery, "Reset");
}

TEST(NvidiaSmi, OlderDriversAskForAResetElsewhere) {
  GpuState state = two();
  add_nvidia_smi(
      "<gpu id=\"00000000:41:00.0\"><gpu_reset_status><reset_required>Yes</reset_required>"
      "</gpu_reset_status></gpu>",
      state);
  EXPECT_EQ(state.gpus[0].recovery, "Reset");
}

TEST(NvidiaSmi, WhatItDoesNotTellStaysUnknown) {
  GpuState state = two();
  for (const char* text : {"", "<gpu id=\"", "<gpu id=\"00000000:41:00.0\"><uuid>GPU-1</uuid>",
                           "No devices were found\n"}) {
    add_nvidia_smi(text, state);
  }
  EXPECT_EQ(state.gpus[0].uuid, "");
  EXPECT_FALSE(state.gpus[0].persistence);
}

TEST(NvidiaSmi, GarbageIsSurvived) {
  for (const auto& spoiler : support::spoilers()) {
    GpuState state = two();
    add_nvidia_smi(spoiler.spoil(kXml), state);
    for (const Gpu& gpu : state.gpus) {
      EXPECT_LE(gpu.recovery.size(), 32U) << spoiler.name;
      EXPECT_LT(gpu.uncorrectable_errors.value_or(0), 1ULL << 33) << spoiler.name;
    }
  }
}

}  // namespace
}  // namespace spillway::doctor
