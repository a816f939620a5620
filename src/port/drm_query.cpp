#include "port/drm_query.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

namespace spillway {
namespace {

using Answer = std::vector<std::byte>;

// Declared by hand: the kernel's headers on the building machine may be older than its kernel.

constexpr unsigned kDriverCommands = 0x40;  // DRM_COMMAND_BASE, include/uapi/drm/drm.h

struct AmdgpuInfo {  // struct drm_amdgpu_info
  std::uint64_t return_pointer;
  std::uint32_t return_size, query;
  std::uint32_t argument[4];
};
constexpr unsigned long kAmdgpuInfo = _IOW('d', kDriverCommands + 0x05, AmdgpuInfo);
constexpr std::uint32_t kAmdgpuDeviceInfo = 0x16;
constexpr std::size_t kAmdgpuFlagsAt = 136;  // ids_flags
constexpr std::uint64_t kAmdgpuFusion = 0x1;

struct I915QueryItem {
  std::uint64_t query;
  std::int32_t length;
  std::uint32_t flags;
  std::uint64_t data;
};
struct I915Query {
  std::uint32_t count, flags;
  std::uint64_t items;
};
constexpr unsigned long kI915Query = _IOWR('d', kDriverCommands + 0x39, I915Query);
constexpr std::uint64_t kI915MemoryRegions = 4;

struct XeQuery {  // struct drm_xe_device_query
  std::uint64_t extensions;
  std::uint32_t query, size;
  std::uint64_t data;
  std::uint64_t reserved[2];
};
constexpr unsigned long kXeQuery = _IOWR('d', kDriverCommands + 0x00, XeQuery);
constexpr std::uint32_t kXeMemoryRegions = 1;

constexpr std::size_t kLongestAnswer = 1 << 16;

std::uint64_t address_of(void* data) { return reinterpret_cast<std::uintptr_t>(data); }

int call(int fd, unsigned long request, void* argument) {
  int code = 0;
  do {
    code = ::ioctl(fd, request, argument);
  } while (code != 0 && (errno == EINTR || errno == EAGAIN));
  return code;
}

/// The answer, or empty with errno set.
Answer ask_amdgpu(int fd) {
  Answer answer(512);
  AmdgpuInfo info{
      address_of(answer.data()), static_cast<std::uint32_t>(answer.size()), kAmdgpuDeviceInfo, {}};
  return call(fd, kAmdgpuInfo, &info) == 0 ? answer : Answer{};
}

/// Asked for its length first.
Answer ask_i915(int fd) {
  I915QueryItem item{kI915MemoryRegions, 0, 0, 0};
  I915Query query{1, 0, address_of(&item)};
  if (call(fd, kI915Query, &query) != 0) return {};
  errno = item.length < 0 ? -item.length : EINVAL;
  if (item.length <= 0 || static_cast<std::size_t>(item.length) > kLongestAnswer) return {};
  Answer answer(static_cast<std::size_t>(item.length));
  item.data = address_of(answer.data());
  if (call(fd, kI915Query, &query) != 0 || item.length < 0) return {};
  return answer;
}

Answer ask_xe(int fd) {
  XeQuery query{0, kXeMemoryRegions, 0, 0, {}};
  if (call(fd, kXeQuery, &query) != 0) return {};
  errno = EINVAL;
  if (query.size == 0 || query.size > kLongestAnswer) return {};
  Answer answer(query.size);
  query.data = address_of(answer.data());
  return call(fd, kXeQuery, &query) == 0 ? answer : Answer{};
}

template <class T>
T value_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

/// Both of Intel's drivers answer with a list of regions of this size.
constexpr std::size_t kRegionSize = 88;
constexpr std::uint16_t kOwnMemory = 1;  // ..._MEMORY_CLASS_DEVICE, ..._MEM_REGION_CLASS_VRAM
constexpr std::uint64_t kMost = std::uint64_t{1} << 56;

/// Adds up the regions that are the GPU's own. `used_of` gives a region's use, or nullopt.
template <class UsedOf>
Result<DrmFacts> add_up(std::span<const std::byte> answer, std::size_t header, UsedOf used_of) {
  if (answer.size() < header) return fail(Errc::invalid, "an answer cut short");
  const auto count = value_at<std::uint32_t>(answer, 0);
  if (count > (answer.size() - header) / kRegionSize) {
    return fail(Errc::invalid, "an answer cut short");
  }
  DrmFacts facts;
  facts.integrated = true;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto region = answer.subspan(header + i * kRegionSize, kRegionSize);
    if (value_at<std::uint16_t>(region, 0) != kOwnMemory) continue;
    const auto total = value_at<std::uint64_t>(region, 8);
    const std::optional<std::uint64_t> used = used_of(region, total);
    if (total > kMost || (used && *used > total)) return fail(Errc::invalid, "impossible sizes");
    if (*facts.integrated) {
      facts = {.integrated = false, .total = Bytes{}, .used = Bytes{}};
    }
    *facts.total += Bytes{static_cast<std::int64_t>(total)};
    if (!used) facts.used.reset();
    if (used && facts.used) *facts.used += Bytes{static_cast<std::int64_t>(*used)};
  }
  return facts;
}

struct Driver {
  std::string_view name;
  Answer (*ask)(int fd);
  Result<DrmFacts> (*decode)(std::span<const std::byte>);
};
constexpr Driver kDrivers[] = {{"amdgpu", &ask_amdgpu, &decode_amdgpu_device},
                               {"i915", &ask_i915, &decode_i915_regions},
                               {"xe", &ask_xe, &decode_xe_regions}};

}  // namespace

Result<DrmFacts> decode_amdgpu_device(std::span<const std::byte> answer) {
  if (answer.size() < kAmdgpuFlagsAt + sizeof(std::uint64_t)) {
    return fail(Errc::invalid, "an answer cut short");
  }
  DrmFacts facts;
  facts.integrated = (value_at<std::uint64_t>(answer, kAmdgpuFlagsAt) & kAmdgpuFusion) != 0;
  return facts;
}

Result<DrmFacts> decode_i915_regions(std::span<const std::byte> answer) {
  constexpr std::size_t kHeader = 16;
  return add_up(answer, kHeader, [](std::span<const std::byte> region, std::uint64_t total) {
    const auto unallocated = value_at<std::uint64_t>(region, 16);
    // Without CAP_PERFMON it says that all of it is free, and a GPU is never quite empty.
    const bool told = unallocated < total;
    return told ? std::optional(total - unallocated) : std::nullopt;
  });
}

Result<DrmFacts> decode_xe_regions(std::span<const std::byte> answer) {
  constexpr std::size_t kHeader = 8;
  return add_up(answer, kHeader, [](std::span<const std::byte> region, std::uint64_t) {
    const auto used = value_at<std::uint64_t>(region, 16);
    return used > 0 ? std::optional(used) : std::nullopt;
  });
}

Result<DrmFacts> query_drm(const SysRoot& root, std::string_view driver, const std::string& node) {
  for (const Driver& known : kDrivers) {
    if (known.name != driver) continue;
    const auto fd = root.open(node, O_RDWR);
    if (!fd) return tl::unexpected(fd.error());
    const Answer answer = known.ask(fd->get());
    if (answer.empty()) return tl::unexpected(system_error(errno, root.where(node)));
    auto facts = known.decode(answer);
    if (!facts) facts.error().where = root.where(node);
    return facts;
  }
  return fail(Errc::unsupported, "no question is known for this driver", std::string(driver));
}

}  // namespace spillway
