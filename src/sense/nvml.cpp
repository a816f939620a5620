#include "sense/nvml.h"

#include <poll.h>

#include <algorithm>

#include "sense/gpu_device.h"

namespace spillway {
namespace {

/// Long enough for the kernel to put the GPU to sleep, short enough for the reading not to be stale.
constexpr Duration kLetGoFor = 4s;

std::string source_of(const std::string& address) { return "nvml:" + address; }

}  // namespace

NvmlSensor::NvmlSensor(SysRoot root, std::string library)
    : root_(root), library_(std::move(library)), pids_(std::move(root), "/dev/nvidia") {}

NvmlSensor::~NvmlSensor() { close(); }

Status NvmlSensor::open() {
  if (open_) return {};
  if (!nvml_) {
    auto loaded = NvmlApi::load(library_);
    if (!loaded) return tl::unexpected(std::move(loaded).error());
    nvml_ = *std::move(loaded);
  }
  if (auto ready = nvml_->init(); !ready) return ready;
  open_ = true;
  return {};
}

void NvmlSensor::close() {
  if (!open_) return;
  events_.clear();
  watched_.clear();
  nvml_->shutdown();
  open_ = false;
  for (auto& [address, gpu] : gpus_) gpu.device = nullptr;
}

/// From sysfs, which wakes none of them; by their numbers where the driver has no PCI devices.
Status NvmlSensor::list_gpus() {
  const auto addresses = devices_of(root_, "nvidia");
  if (!addresses.empty()) {
    std::erase_if(gpus_, [&](const auto& known) {
      return !std::binary_search(addresses.begin(), addresses.end(), known.first);
    });
    for (const std::string& address : addresses) gpus_.try_emplace(address);
    return {};
  }
  if (!root_.exists("/dev/nvidiactl") && !root_.exists("/dev/dxg")) {
    gpus_.clear();
    return {};
  }
  if (auto opened = open(); !opened || !gpus_.empty()) return opened;
  const auto count = nvml_->count();
  if (!count) return tl::unexpected(count.error());
  for (unsigned i = 0; i < *count; ++i) {
    const auto device = nvml_->device_number(i);
    if (!device) continue;
    const auto address = nvml_->address(*device);
    gpus_[address.value_or("number " + std::to_string(i))].device = *device;
  }
  return {};
}

Result<std::vector<Reading>> NvmlSensor::read(const Look& look) {
  if (auto listed = list_gpus(); !listed) return tl::unexpected(std::move(listed).error());
  const bool all_asleep = std::all_of(
      gpus_.begin(), gpus_.end(), [&](const auto& known) { return is_asleep(root_, known.first); });
  const bool resting = rest_until_ && look.now < *rest_until_;
  std::vector<Reading> readings;
  Status opened;
  if (all_asleep) {
    close();
  } else if (!resting) {
    opened = open();
  }
  for (auto& [address, gpu] : gpus_) {
    if (!opened) {
      readings.push_back(Fault{source_of(address), opened.error()});
    } else if (!open_ || is_asleep(root_, address)) {
      if (gpu.latest) readings.push_back(*gpu.latest);
    } else {
      look_at(address, gpu, look, readings);
    }
  }
  if (!open_) return readings;
  watch_new_gpus();
  add_events(look, readings);
  if (may_let_go()) {
    close();
    rest_until_ = look.now + kLetGoFor;
  }
  return readings;
}

void NvmlSensor::look_at(const std::string& address, Gpu& gpu, const Look& look,
                         std::vector<Reading>& out) {
  Status looked = find(address, gpu);
  if (gpu.hidden) return;
  if (looked) looked = measure(address, gpu, look);
  if (!looked) {
    out.push_back(Fault{source_of(address), looked.error()});
  } else if (!gpu.integrated) {
    out.push_back(*gpu.latest);
    add_uses(gpu, out);
  }
}

Status NvmlSensor::find(const std::string& address, Gpu& gpu) {
  if (gpu.hidden) return {};
  if (gpu.device == nullptr) {
    const auto device = nvml_->device_at(address);
    if (!device) {
      const Errc code = device.error().code;
      gpu.hidden = gpu.pool.text.empty() && (code == Errc::denied || code == Errc::not_found);
      return tl::unexpected(device.error());
    }
    gpu.device = *device;
  }
  if (!gpu.pool.text.empty()) return {};
  const auto uuid = nvml_->uuid(gpu.device);
  if (!uuid) return tl::unexpected(uuid.error());
  gpu.pool.text = "vram:" + *uuid;
  gpu.note = nvml_->name(gpu.device).value_or("NVIDIA") + ", " + gpu.pool.text + ", driver " +
             nvml_->driver_version();
  return {};
}

Status NvmlSensor::measure(const std::string& address, Gpu& gpu, const Look& look) {
  const auto memory = nvml_->memory(gpu.device);
  gpu.integrated = !memory && memory.error().code == Errc::unsupported;
  if (gpu.integrated) {
    gpu.note = "integrated: its memory is RAM";
    return {};
  }
  if (!memory) return tl::unexpected(memory.error());
  const Bytes reserved = memory->reserved.value_or(Bytes{});
  gpu.latest = PoolReading{.pool = gpu.pool,
                           .used = memory->used,
                           .total = memory->used + reserved + memory->free,
                           .reserved = memory->reserved,
                           .source = source_of(address),
                           .taken = look.now};
  return {};
}

void NvmlSensor::add_uses(Gpu& gpu, std::vector<Reading>& out) {
  const auto processes = nvml_->processes(gpu.device);
  gpu.in_use = !processes || !processes->empty();
  if (!processes) return;  // the totals stand without it
  for (const NvmlProcess& process : *processes) {
    if (!process.used) continue;  // how much is not told
    out.push_back(DeviceUse{gpu.pool, pids_.host_pid(process.pid), *process.used, std::nullopt});
  }
}

/// Each GPU once, also when it wakes up later than the others.
void NvmlSensor::watch_new_gpus() {
  std::vector<nvml::Device> fresh;
  for (const auto& [address, gpu] : gpus_) {
    const bool known = std::find(watched_.begin(), watched_.end(), gpu.device) != watched_.end();
    if (gpu.device != nullptr && !known) fresh.push_back(gpu.device);
  }
  if (fresh.empty()) return;
  watched_.insert(watched_.end(), fresh.begin(), fresh.end());
  auto events = NvmlEvents::watch(*nvml_, fresh);
  if (events) events_.push_back(*std::move(events));  // no events: the figures tell enough
}

void NvmlSensor::add_events(const Look& look, std::vector<Reading>& out) {
  for (const auto& events : events_) {
    for (const NvmlEvent& event : events->take()) {
      KernelEvent told{KernelEvent::Kind::xid, std::nullopt, std::nullopt, xid_words(event.xid),
                       look.now};
      for (const auto& [address, gpu] : gpus_) {
        if (gpu.device != event.device) continue;
        told.pool = gpu.pool;
        told.text += " (" + address + ")";
      }
      out.push_back(std::move(told));
    }
  }
}

bool NvmlSensor::may_let_go() const {
  return std::all_of(gpus_.begin(), gpus_.end(), [&](const auto& known) {
    return !known.second.in_use && may_sleep(root_, known.first);
  });
}

void NvmlSensor::wake_fds(std::vector<WakeFd>& out) const {
  for (const auto& events : events_) out.push_back({events->fd(), POLLIN});
}

void NvmlSensor::capabilities(std::vector<Capability>& out) const {
  for (const auto& [address, gpu] : gpus_) {
    if (gpu.hidden) continue;
    const bool asleep = gpu.pool.text.empty() && is_asleep(root_, address);
    const bool known = !gpu.pool.text.empty();
    out.push_back({source_of(address), asleep || (known && !gpu.integrated),
                   asleep  ? "asleep, not touched"
                   : known ? gpu.note
                           : "not read yet"});
  }
}

}  // namespace spillway
