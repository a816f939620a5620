#pragma once

namespace spillway::nvml {

// The part of NVML's binary interface that is used, declared by hand from the "NVML API Reference
// Guide" (docs.nvidia.com/deploy/nvml-api). It never changes: what changes gets a new suffix (_v2).
// Plain C, so that tests can build a library with the same interface.

using Return = int;
inline constexpr Return kSuccess = 0;
inline constexpr Return kUninitialized = 1;
inline constexpr Return kInvalidArgument = 2;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kNoPermission = 4;
inline constexpr Return kNotFound = 6;
inline constexpr Return kInsufficientSize = 7;
inline constexpr Return kDriverNotLoaded = 9;
inline constexpr Return kTimeout = 10;
inline constexpr Return kFunctionNotFound = 13;
inline constexpr Return kGpuIsLost = 15;
inline constexpr Return kResetRequired = 16;
inline constexpr Return kLibraryMismatch = 18;  // the driver was replaced under a running library
inline constexpr Return kArgumentVersionMismatch = 25;
inline constexpr Return kGpuNotFound = 28;
inline constexpr Return kUnknown = 999;

using Device = struct DeviceOfTheLibrary*;
using EventSet = struct EventSetOfTheLibrary*;

struct Memory {  // nvmlMemory_t; used includes reserved
  unsigned long long total, free, used;
};
struct MemoryV2 {  // nvmlMemory_v2_t
  unsigned version;
  unsigned long long total, reserved, free, used;
};
inline constexpr unsigned kMemoryV2 = sizeof(MemoryV2) | (2U << 24);  // NVML_STRUCT_VERSION

inline constexpr unsigned long long kNotAvailable = ~0ULL;  // NVML_VALUE_NOT_AVAILABLE
struct ProcessV1 {                                          // functions without suffix
  unsigned pid;
  unsigned long long used;
};
struct Process {  // nvmlProcessInfo_v2_t: functions with _v2 and _v3
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
};

struct PciInfo {  // nvmlPciInfo_t of nvmlDeviceGetPciInfo_v3
  char bus_id_legacy[16];
  unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
  char bus_id[32];
};

inline constexpr unsigned long long kXidEvents = 0x8;  // nvmlEventTypeXidCriticalError
struct EventData {                                     // nvmlEventData_t
  Device device;
  unsigned long long type, data;
  unsigned gpu_instance, compute_instance;
};

static_assert(sizeof(Memory) == 24 && sizeof(MemoryV2) == 40 && sizeof(ProcessV1) == 16 &&
              sizeof(Process) == 24 && sizeof(PciInfo) == 68 && sizeof(EventData) == 32);

}  // namespace spillway::nvml
