#include "port/nvml_api.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace spillway {

using nvml::Return;

/// The library's functions; those that may be missing are null.
struct NvmlApi::Table {
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Return (*driver_version)(char*, unsigned) = nullptr;
  Return (*device_at)(const char*, nvml::Device*) = nullptr;
  Return (*count)(unsigned*) = nullptr;
  Return (*device_number)(unsigned, nvml::Device*) = nullptr;
  Return (*uuid)(nvml::Device, char*, unsigned) = nullptr;
  Return (*name)(nvml::Device, char*, unsigned) = nullptr;
  Return (*pci_info)(nvml::Device, nvml::PciInfo*) = nullptr;
  Return (*memory)(nvml::Device, nvml::Memory*) = nullptr;
  Return (*memory_v2)(nvml::Device, nvml::MemoryV2*) = nullptr;
  Return (*event_set_create)(nvml::EventSet*) = nullptr;
  Return (*event_set_free)(nvml::EventSet) = nullptr;
  Return (*register_events)(nvml::Device, unsigned long long, nvml::EventSet) = nullptr;
  Return (*event_set_wait)(nvml::EventSet, nvml::EventData*, unsigned) = nullptr;

  /// Compute, graphics, MPS. The layout of the answer belongs to the name that was found: reading one
  /// as the other shifts every figure.
  struct Processes {
    Return (*v2)(nvml::Device, unsigned*, nvml::Process*) = nullptr;
    Return (*v1)(nvml::Device, unsigned*, nvml::ProcessV1*) = nullptr;
    const char* function = "";
  };
  std::array<Processes, 3> processes;
};

namespace {

constexpr std::array kProcessFunctions{"nvmlDeviceGetComputeRunningProcesses",
                                       "nvmlDeviceGetGraphicsRunningProcesses",
                                       "nvmlDeviceGetMPSComputeRunningProcesses"};
/// Beyond it the answer is no list of processes of one device.
constexpr unsigned kMostProcesses = 65'536;

template <class F>
bool find(void* library, const std::string& name, F& function) {
  function = reinterpret_cast<F>(::dlsym(library, name.c_str()));
  return function != nullptr;
}

Errc code_of(Return code) {
  switch (code) {
    case nvml::kNotSupported:
    case nvml::kFunctionNotFound:
    case nvml::kArgumentVersionMismatch: return Errc::unsupported;
    case nvml::kNoPermission: return Errc::denied;
    case nvml::kNotFound:
    case nvml::kGpuNotFound: return Errc::not_found;
    case nvml::kTimeout: return Errc::timed_out;
    case nvml::kUninitialized:
    case nvml::kDriverNotLoaded:
    case nvml::kGpuIsLost:
    case nvml::kResetRequired:
    case nvml::kLibraryMismatch: return Errc::unavailable;
    default: return Errc::io;
  }
}

std::optional<Bytes> amount(unsigned long long count) {
  constexpr unsigned long long kMost = 1ULL << 62;
  if (count > kMost) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(count)};
}

/// Sizes first, then the list, which may have grown meanwhile.
template <class Info>
Return list(Return (*function)(nvml::Device, unsigned*, Info*), nvml::Device device,
            std::vector<Info>& infos) {
  unsigned count = 0;
  Return code = function(device, &count, nullptr);
  for (int tries = 0; tries < 5; ++tries) {
    if (code != nvml::kSuccess && code != nvml::kInsufficientSize) return code;
    if (code == nvml::kSuccess && count == 0) return code;
    infos.resize(std::min(count, kMostProcesses) + 8);
    count = static_cast<unsigned>(infos.size());
    code = function(device, &count, infos.data());
    if (code != nvml::kSuccess) continue;
    infos.resize(std::min<std::size_t>(count, infos.size()));
    return code;
  }
  return code;
}

/// A process with a compute and a graphics context is in both lists with the same figure.
void merge(std::vector<NvmlProcess>& into, unsigned pid, unsigned long long used) {
  const auto figure = used == nvml::kNotAvailable ? std::nullopt : amount(used);
  const auto key = static_cast<pid_t>(pid);
  const auto known =
      std::find_if(into.begin(), into.end(), [&](const NvmlProcess& p) { return p.pid == key; });
  if (known == into.end()) {
    into.push_back({key, figure});
  } else if (figure > known->used) {
    known->used = figure;
  }
}

template <class Info>
Return merge_list(Return (*function)(nvml::Device, unsigned*, Info*), nvml::Device device,
                  std::vector<NvmlProcess>& into) {
  std::vector<Info> infos;
  const Return code = list(function, device, infos);
  if (code == nvml::kSuccess) {
    for (const Info& info : infos) merge(into, info.pid, info.used);
  }
  return code;
}

}  // namespace

std::string nvml_library() {
  const char* chosen = ::secure_getenv("SPILLWAY_NVML");
  return chosen != nullptr && *chosen != '\0' ? chosen : "libnvidia-ml.so.1";
}

Result<NvmlApi> NvmlApi::load(const std::string& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(Errc::not_found, "NVIDIA's management library cannot be opened", library,
                "it comes with the driver: libnvidia-ml1 on Debian");
  }
  auto t = std::make_shared<Table>();
  const bool complete = find(handle, "nvmlInit_v2", t->init) &&
                        find(handle, "nvmlShutdown", t->shutdown) &&
                        find(handle, "nvmlErrorString", t->error_string) &&
                        find(handle, "nvmlDeviceGetHandleByPciBusId_v2", t->device_at) &&
                        find(handle, "nvmlDeviceGetCount_v2", t->count) &&
                        find(handle, "nvmlDeviceGetHandleByIndex_v2", t->device_number) &&
                        find(handle, "nvmlDeviceGetUUID", t->uuid) &&
                        find(handle, "nvmlDeviceGetMemoryInfo", t->memory);
  if (!complete) return fail(Errc::unsupported, "not NVIDIA's management library", library);
  find(handle, "nvmlSystemGetDriverVersion", t->driver_version);
  find(handle, "nvmlDeviceGetName", t->name);
  find(handle, "nvmlDeviceGetPciInfo_v3", t->pci_info);
  find(handle, "nvmlDeviceGetMemoryInfo_v2", t->memory_v2);
  find(handle, "nvmlEventSetCreate", t->event_set_create);
  find(handle, "nvmlEventSetFree", t->event_set_free);
  find(handle, "nvmlDeviceRegisterEvents", t->register_events);
  find(handle, "nvmlEventSetWait_v2", t->event_set_wait);
  for (std::size_t i = 0; i < kProcessFunctions.size(); ++i) {
    auto& processes = t->processes[i];
    const std::string base = kProcessFunctions[i];
    processes.function = kProcessFunctions[i];
    find(handle, base + "_v3", processes.v2) || find(handle, base + "_v2", processes.v2) ||
        find(handle, base, processes.v1);
  }
  return NvmlApi(std::move(t));
}

Error NvmlApi::error(Return code, const char* function) const {
  const char* words = table_->error_string(code);
  return {code_of(code), words != nullptr ? words : "error " + std::to_string(code), function, {}};
}

Status NvmlApi::init() const {
  const Return code = table_->init();
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlInit_v2"));
  return {};
}

void NvmlApi::shutdown() const { table_->shutdown(); }

std::string NvmlApi::driver_version() const {
  std::array<char, 81> text{};
  if (table_->driver_version == nullptr ||
      table_->driver_version(text.data(), text.size() - 1) != nvml::kSuccess) {
    return "unknown";
  }
  return text.data();
}

Result<nvml::Device> NvmlApi::device_at(const std::string& address) const {
  nvml::Device device = nullptr;
  const Return code = table_->device_at(address.c_str(), &device);
  if (code != nvml::kSuccess) {
    return tl::unexpected(error(code, "nvmlDeviceGetHandleByPciBusId_v2"));
  }
  return device;
}

Result<unsigned> NvmlApi::count() const {
  unsigned count = 0;
  const Return code = table_->count(&count);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlDeviceGetCount_v2"));
  return count;
}

Result<nvml::Device> NvmlApi::device_number(unsigned index) const {
  nvml::Device device = nullptr;
  const Return code = table_->device_number(index, &device);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlDeviceGetHandleByIndex_v2"));
  return device;
}

Result<std::string> NvmlApi::uuid(nvml::Device device) const {
  std::array<char, 97> text{};
  const Return code = table_->uuid(device, text.data(), text.size() - 1);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlDeviceGetUUID"));
  return std::string(text.data());
}

Result<std::string> NvmlApi::name(nvml::Device device) const {
  std::array<char, 97> text{};
  const Return code = table_->name == nullptr ? nvml::kFunctionNotFound
                                              : table_->name(device, text.data(), text.size() - 1);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlDeviceGetName"));
  return std::string(text.data());
}

Result<std::string> NvmlApi::address(nvml::Device device) const {
  nvml::PciInfo info{};
  const Return code =
      table_->pci_info == nullptr ? nvml::kFunctionNotFound : table_->pci_info(device, &info);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlDeviceGetPciInfo_v3"));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04x:%02x:%02x.0", info.domain, info.bus, info.device);
  return std::string(text.data());
}

Result<NvmlMemory> NvmlApi::memory(nvml::Device device) const {
  nvml::MemoryV2 memory{nvml::kMemoryV2, 0, 0, 0, 0};
  Return code =
      table_->memory_v2 == nullptr ? nvml::kFunctionNotFound : table_->memory_v2(device, &memory);
  const bool v2 = code != nvml::kFunctionNotFound && code != nvml::kArgumentVersionMismatch;
  const char* function = v2 ? "nvmlDeviceGetMemoryInfo_v2" : "nvmlDeviceGetMemoryInfo";
  if (!v2) {
    nvml::Memory old{};
    code = table_->memory(device, &old);
    memory = {0, old.total, 0, old.free, old.used};
  }
  if (code != nvml::kSuccess) return tl::unexpected(error(code, function));
  const auto total = amount(memory.total), used = amount(memory.used), free = amount(memory.free),
             reserved = amount(memory.reserved);
  if (!total || !used || !free || !reserved || *used > *total || *free > *total) {
    return fail(Errc::invalid, "figures that cannot be", function);
  }
  return NvmlMemory{*total, *used, *free, v2 ? reserved : std::nullopt};
}

Result<std::vector<NvmlProcess>> NvmlApi::processes(nvml::Device device) const {
  std::vector<NvmlProcess> all;
  for (const Table::Processes& kind : table_->processes) {
    Return code = nvml::kNotSupported;
    if (kind.v2 != nullptr) code = merge_list(kind.v2, device, all);
    if (kind.v1 != nullptr) code = merge_list(kind.v1, device, all);
    if (code != nvml::kSuccess && code_of(code) != Errc::unsupported) {
      return tl::unexpected(error(code, kind.function));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const NvmlProcess& a, const NvmlProcess& b) { return a.pid < b.pid; });
  return all;
}

Result<nvml::EventSet> NvmlApi::watch_xids(const std::vector<nvml::Device>& devices) const {
  const bool able = table_->event_set_create != nullptr && table_->event_set_free != nullptr &&
                    table_->register_events != nullptr && table_->event_set_wait != nullptr;
  if (!able) return fail(Errc::unsupported, "this library has no events", "nvmlEventSetWait_v2");
  nvml::EventSet set = nullptr;
  Return code = table_->event_set_create(&set);
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlEventSetCreate"));
  bool any = false;
  for (const nvml::Device device : devices) {
    code = table_->register_events(device, nvml::kXidEvents, set);
    any = any || code == nvml::kSuccess;
  }
  if (any) return set;
  unwatch(set);
  return tl::unexpected(error(code, "nvmlDeviceRegisterEvents"));
}

void NvmlApi::unwatch(nvml::EventSet set) const { table_->event_set_free(set); }

Result<std::optional<NvmlEvent>> NvmlApi::wait_event(nvml::EventSet set, Duration patience) const {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  nvml::EventData data{};
  const Return code = table_->event_set_wait(set, &data, static_cast<unsigned>(ms));
  if (code == nvml::kTimeout) return std::nullopt;
  if (code != nvml::kSuccess) return tl::unexpected(error(code, "nvmlEventSetWait_v2"));
  if ((data.type & nvml::kXidEvents) == 0) return std::nullopt;
  return NvmlEvent{data.device, data.data};
}

}  // namespace spillway
