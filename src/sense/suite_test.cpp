// The laws that every sensor keeps: tests/support/sensor_suite.h.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sense/amdgpu.h"
#include "sense/cgroup.h"
#include "sense/dmem.h"
#include "sense/drm_machine_test.h"
#include "sense/injected.h"
#include "sense/intel.h"
#include "sense/kmsg.h"
#include "sense/meminfo.h"
#include "sense/process.h"
#include "sense/psi.h"
#include "sense/swap.h"
#include "sense/vmstat.h"
#include "tests/support/sensor_suite.h"

namespace spillway {
namespace {

using support::SensorCase;
using support::TempTree;

template <class T>
std::unique_ptr<Sensor> make_drm(const SysRoot& root) {
  return std::make_unique<T>(root, std::make_shared<DrmClients>(root));
}

std::vector<SensorCase> cases() {
  return {
      {"Meminfo",
       [](const SysRoot& r) { return std::make_unique<MeminfoSensor>(r); },
       {"linux-6.18-hybrid"},
       {},
       {"proc/meminfo"}},
      {"MeminfoWithZfs",
       [](const SysRoot& r) { return std::make_unique<MeminfoSensor>(r); },
       {"linux-6.1-unified", "zfs"},
       {},
       {"proc/meminfo", "proc/spl"}},
      {"Swap",
       [](const SysRoot& r) { return std::make_unique<SwapSensor>(r); },
       {"linux-6.1-unified"},
       {},
       {"proc/swaps"}},
      {"SwapOnZram",
       [](const SysRoot& r) { return std::make_unique<SwapSensor>(r); },
       {"linux-6.1-unified", "zram"},
       {},
       {"proc/swaps", "proc/meminfo", "sys/block"}},
      {"Psi",
       [](const SysRoot& r) { return std::make_unique<PsiSensor>(r, true); },
       {"linux-6.18-hybrid"},
       {},
       {"proc/pressure"}},
      {"Vmstat",
       [](const SysRoot& r) { return std::make_unique<VmstatSensor>(r); },
       {"linux-6.18-hybrid"},
       {},
       {"proc/vmstat"}},
      {"CgroupV2",
       [](const SysRoot& r) {
         return std::make_unique<CgroupSensor>(
             r, std::vector<std::string>{"/system.slice/llm.service", "/models.slice/stt.service"},
             true);
       },
       {"linux-6.1-unified"},
       {},
       {"sys/fs/cgroup/system.slice/llm.service", "sys/fs/cgroup/models.slice"}},
      {"CgroupV1",
       [](const SysRoot& r) {
         return std::make_unique<CgroupSensor>(r, std::vector<std::string>{"/docker/app"}, true);
       },
       {"linux-5.4-v1"},
       {},
       {"sys/fs/cgroup/memory"}},
      {"Dmem",
       [](const SysRoot& r) { return std::make_unique<DmemSensor>(r); },
       {"linux-6.1-unified", "dmem"},
       {},
       {"sys/fs/cgroup/dmem", "sys/fs/cgroup/user.slice", "sys/fs/cgroup/system.slice/dmem"}},
      {"Process",
       [](const SysRoot& r) { return std::make_unique<ProcessSensor>(r); },
       {"linux-6.18-hybrid"},
       {},
       {"proc/4242"}},
      {"Amdgpu",
       &make_drm<AmdgpuSensor>,
       {"amdgpu"},
       &link_descriptors,
       {"sys/bus/pci/devices", "proc/4242"}},
      {"I915", &make_drm<IntelSensor>, {"i915"}, &link_descriptors, {"proc/5200"}},
      {"Xe", &make_drm<IntelSensor>, {"xe"}, &link_descriptors, {"proc/6300"}},
      {"Injected",
       [](const SysRoot& r) { return std::make_unique<InjectedSensor>(r, "x", "/run/x.pool"); },
       {},
       [](const TempTree& tree) { tree.write("run/x.pool", "1 2\n"); }},
  };
}

class SensorLaws : public testing::TestWithParam<SensorCase> {};

TEST_P(SensorLaws, HasAName) { support::expect_named(GetParam()); }
TEST_P(SensorLaws, ReadsTwice) { support::expect_reads_twice(GetParam()); }
TEST_P(SensorLaws, FindsNothingInAnEmptyRoot) {
  support::expect_nothing_in_an_empty_root(GetParam());
}
TEST_P(SensorLaws, SurvivesGarbage) { support::expect_survives_garbage(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Every, SensorLaws, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace spillway
