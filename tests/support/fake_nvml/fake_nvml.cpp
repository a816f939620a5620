// A libnvidia-ml.so.1 without a GPU. What it answers is in the file named by SPILLWAY_FAKE_NVML, read
// anew at every call, one thing a line:
//
//   device UUID ADDRESS TOTAL USED RESERVED [lost | integrated | denied]
//   process UUID PID BYTES|na compute|graphics|mps
//   xid UUID NUMBER           told once for every such line that appears
//   hang FUNCTION             it never returns
//   fail FUNCTION CODE        it answers with this error
//   grows                     every process list gets longer between its size and its reading
//
// Every call is written down, a line each, in the file SPILLWAY_FAKE_NVML.calls. FAKE_NVML_OLD
// builds the library of an old driver, without the functions ending in _v2 and _v3 that came later.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "port/nvml_types.h"

namespace {

using namespace spillway::nvml;

struct FakeProcess {
  std::string kind;
  unsigned pid = 0;
  unsigned long long used = 0;
};

struct FakeDevice {
  std::string uuid, address, state;
  unsigned long long total = 0, used = 0, reserved = 0;
  std::vector<FakeProcess> processes;
};

struct Script {
  std::vector<FakeDevice> devices;
  std::vector<std::pair<std::string, unsigned long long>> xids;
  std::map<std::string, Return> failing;
  std::string hanging;
  bool grows = false;

  FakeDevice* find(const std::string& uuid) {
    for (FakeDevice& device : devices) {
      if (device.uuid == uuid) return &device;
    }
    return nullptr;
  }
};

std::string script_path() {
  const char* path = std::getenv("SPILLWAY_FAKE_NVML");
  return path != nullptr ? path : "";
}

Script read_script() {
  Script script;
  std::ifstream file(script_path());
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what, uuid, used;
    words >> what;
    if (what == "device") {
      FakeDevice d;
      words >> d.uuid >> d.address >> d.total >> d.used >> d.reserved >> d.state;
      script.devices.push_back(d);
    } else if (what == "process") {
      FakeProcess p;
      words >> uuid >> p.pid >> used >> p.kind;
      p.used = used == "na" ? kNotAvailable : std::stoull(used);
      if (FakeDevice* device = script.find(uuid)) device->processes.push_back(p);
    } else if (what == "xid") {
      unsigned long long number = 0;
      words >> uuid >> number;
      script.xids.emplace_back(uuid, number);
    } else if (what == "hang") {
      words >> script.hanging;
    } else if (what == "fail") {
      int code = 0;
      words >> uuid >> code;
      script.failing[uuid] = code;
    } else if (what == "grows") {
      script.grows = true;
    }
  }
  return script;
}

/// Notes the call, hangs if it is to, and gives the error it is to fail with.
Return enter(const char* function, Script& script) {
  if (FILE* calls = std::fopen((script_path() + ".calls").c_str(), "a")) {
    std::fprintf(calls, "%s\n", function);
    std::fclose(calls);
  }
  script = read_script();
  while (script.hanging == function) ::pause();
  const auto failing = script.failing.find(function);
  return failing == script.failing.end() ? kSuccess : failing->second;
}

/// Handles stay good when the script changes: they are kept by identity.
Device handle_of(const std::string& uuid) {
  static std::map<std::string, int> handles;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return reinterpret_cast<Device>(
      const_cast<std::string*>(&handles.try_emplace(uuid, 0).first->first));
}
std::string uuid_of(Device device) { return *reinterpret_cast<const std::string*>(device); }

/// The device behind a handle, or the error for it.
Return device_of(Device handle, Script& script, FakeDevice& device) {
  const FakeDevice* found = script.find(uuid_of(handle));
  if (found == nullptr || found->state == "lost") return kGpuIsLost;
  device = *found;
  return kSuccess;
}

Return copy(const std::string& text, char* into, unsigned length) {
  if (text.size() >= length) return kInsufficientSize;
  std::memcpy(into, text.c_str(), text.size() + 1);
  return kSuccess;
}

Return open_device(const FakeDevice& device, Device* handle) {
  if (device.state == "denied") return kNoPermission;
  if (device.state == "lost") return kGpuIsLost;
  *handle = handle_of(device.uuid);
  return kSuccess;
}

template <class Info>
Return list(const char* function, const char* kind, Device handle, unsigned* count, Info* infos) {
  Script script;
  FakeDevice device;
  Return code = enter(function, script);
  if (code == kSuccess) code = device_of(handle, script, device);
  if (code != kSuccess) return code;
  std::vector<FakeProcess> all;
  for (const FakeProcess& p : device.processes) {
    if (p.kind == kind) all.push_back(p);
  }
  static unsigned born = 0;
  if (script.grows && !all.empty()) born += 10;
  for (unsigned i = 0; i < born && script.grows; ++i) all.push_back({kind, 90'000 + i, 1});
  const unsigned room = infos == nullptr ? 0 : *count;
  *count = static_cast<unsigned>(all.size());
  if (all.size() > room) return kInsufficientSize;
  for (std::size_t i = 0; i < all.size(); ++i) {
    infos[i] = Info{};
    infos[i].pid = all[i].pid;
    infos[i].used = all[i].used;
  }
  return kSuccess;
}

}  // namespace

#define FAKE extern "C" __attribute__((visibility("default")))

FAKE Return nvmlInit_v2() {
  Script script;
  return enter("nvmlInit_v2", script);
}

FAKE Return nvmlShutdown() {
  Script script;
  return enter("nvmlShutdown", script);
}

FAKE const char* nvmlErrorString(Return code) {
  switch (code) {
    case kGpuIsLost: return "GPU is lost";
    case kDriverNotLoaded: return "Driver Not Loaded";
    default: return "Unknown Error";
  }
}

FAKE Return nvmlSystemGetDriverVersion(char* text, unsigned length) {
  return copy("580.159", text, length);
}

FAKE Return nvmlDeviceGetHandleByPciBusId_v2(const char* address, Device* handle) {
  Script script;
  const Return code = enter("nvmlDeviceGetHandleByPciBusId_v2", script);
  if (code != kSuccess) return code;
  for (const FakeDevice& device : script.devices) {
    if (device.address == address) return open_device(device, handle);
  }
  return kNotFound;
}

FAKE Return nvmlDeviceGetCount_v2(unsigned* count) {
  Script script;
  const Return code = enter("nvmlDeviceGetCount_v2", script);
  *count = static_cast<unsigned>(script.devices.size());
  return code;
}

FAKE Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* handle) {
  Script script;
  const Return code = enter("nvmlDeviceGetHandleByIndex_v2", script);
  if (code != kSuccess) return code;
  if (index >= script.devices.size()) return kInvalidArgument;
  return open_device(script.devices[index], handle);
}

FAKE Return nvmlDeviceGetUUID(Device handle, char* text, unsigned length) {
  return copy(uuid_of(handle), text, length);
}

FAKE Return nvmlDeviceGetName(Device, char* text, unsigned length) {
  return copy("NVIDIA Fake", text, length);
}

FAKE Return nvmlDeviceGetPciInfo_v3(Device handle, PciInfo* info) {
  Script script;
  FakeDevice device;
  Return code = enter("nvmlDeviceGetPciInfo_v3", script);
  if (code == kSuccess) code = device_of(handle, script, device);
  if (code != kSuccess) return code;
  *info = {};
  const int read =
      std::sscanf(device.address.c_str(), "%x:%x:%x", &info->domain, &info->bus, &info->device);
  return read == 3 ? kSuccess : kUnknown;
}

FAKE Return nvmlDeviceGetMemoryInfo(Device handle, Memory* memory) {
  Script script;
  FakeDevice device;
  Return code = enter("nvmlDeviceGetMemoryInfo", script);
  if (code == kSuccess) code = device_of(handle, script, device);
  if (code != kSuccess) return code;
  if (device.state == "integrated") return kNotSupported;
  memory->total = device.total;
  memory->used = device.used + device.reserved;
  memory->free = device.total - memory->used;
  return kSuccess;
}

FAKE Return nvmlEventSetCreate(EventSet* set) {
  Script script;
  static int only;
  *set = reinterpret_cast<EventSet>(&only);
  return enter("nvmlEventSetCreate", script);
}

FAKE Return nvmlEventSetFree(EventSet) {
  Script script;
  return enter("nvmlEventSetFree", script);
}

FAKE Return nvmlDeviceRegisterEvents(Device, unsigned long long, EventSet) {
  Script script;
  return enter("nvmlDeviceRegisterEvents", script);
}

FAKE Return nvmlEventSetWait_v2(EventSet, EventData* data, unsigned timeout_ms) {
  static std::size_t told = 0;
  Script script;
  const Return code = enter("nvmlEventSetWait_v2", script);
  if (code != kSuccess) return code;
  // It may return early, says NVML's manual; here it does, so that no test waits for it.
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(timeout_ms, 50U));
  for (;;) {
    script = read_script();
    if (told < script.xids.size()) {
      const auto& [uuid, number] = script.xids[told++];
      *data = {handle_of(uuid), kXidEvents, number, ~0U, ~0U};
      return kSuccess;
    }
    if (std::chrono::steady_clock::now() >= until) return kTimeout;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

#ifdef FAKE_NVML_OLD

FAKE Return nvmlDeviceGetComputeRunningProcesses(Device device, unsigned* count, ProcessV1* infos) {
  return list("nvmlDeviceGetComputeRunningProcesses", "compute", device, count, infos);
}

#else

FAKE Return nvmlDeviceGetMemoryInfo_v2(Device handle, MemoryV2* memory) {
  Script script;
  FakeDevice device;
  Return code = enter("nvmlDeviceGetMemoryInfo_v2", script);
  if (code == kSuccess) code = device_of(handle, script, device);
  if (code != kSuccess) return code;
  if (device.state == "integrated") return kNotSupported;
  if (memory->version != kMemoryV2) return kArgumentVersionMismatch;
  memory->total = device.total;
  memory->used = device.used;
  memory->reserved = device.reserved;
  memory->free = device.total - device.used - device.reserved;
  return kSuccess;
}

FAKE Return nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count,
                                                    Process* infos) {
  return list("nvmlDeviceGetComputeRunningProcesses_v3", "compute", device, count, infos);
}

FAKE Return nvmlDeviceGetGraphicsRunningProcesses_v3(Device device, unsigned* count,
                                                     Process* infos) {
  return list("nvmlDeviceGetGraphicsRunningProcesses_v3", "graphics", device, count, infos);
}

FAKE Return nvmlDeviceGetMPSComputeRunningProcesses_v3(Device device, unsigned* count,
                                                       Process* infos) {
  return list("nvmlDeviceGetMPSComputeRunningProcesses_v3", "mps", device, count, infos);
}

#endif
