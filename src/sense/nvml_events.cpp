#include "sense/nvml_events.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spillway {
namespace {

/// How long one call waits: as long as the destructor may have to.
constexpr Duration kWait = 1s;
/// A storm of errors says no more than its first ones.
constexpr std::size_t kMostEvents = 64;

struct Xid {
  unsigned long long number;
  const char* words;
};
constexpr std::array kXids{
    Xid{13, "exception in the graphics engine, mostly an illegal access by a program"},
    Xid{31, "illegal memory access by a program (MMU fault)"},
    Xid{43, "a program's channel was stopped"},
    Xid{45, "a program's channel was torn down"},
    Xid{48, "uncorrectable memory error"},
    Xid{63, "a memory row is to be remapped"},
    Xid{64, "a memory row could not be remapped"},
    Xid{74, "NVLink error"},
    Xid{79, "the GPU has fallen off the bus"},
    Xid{94, "contained uncorrectable memory error"},
    Xid{95, "uncontained uncorrectable memory error"},
    Xid{119, "the GPU's system processor does not answer"},
    Xid{154, "the GPU must be reset or the machine started again"},
};

}  // namespace

std::string xid_words(unsigned long long xid) {
  const auto known =
      std::find_if(kXids.begin(), kXids.end(), [&](const Xid& x) { return x.number == xid; });
  const std::string number = "Xid " + std::to_string(xid);
  return known == kXids.end() ? number : number + ": " + known->words;
}

Result<std::unique_ptr<NvmlEvents>> NvmlEvents::watch(const NvmlApi& nvml,
                                                      const std::vector<nvml::Device>& devices) {
  UniqueFd ready(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!ready) return tl::unexpected(system_error(errno, "eventfd"));
  const auto set = nvml.watch_xids(devices);
  if (!set) return tl::unexpected(set.error());
  return std::unique_ptr<NvmlEvents>(new NvmlEvents(nvml, *set, std::move(ready)));
}

NvmlEvents::NvmlEvents(const NvmlApi& nvml, nvml::EventSet set, UniqueFd ready)
    : nvml_(nvml), set_(set), ready_(std::move(ready)), thread_([this] { run(); }) {}

NvmlEvents::~NvmlEvents() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  nvml_.unwatch(set_);
}

void NvmlEvents::run() {
  for (;;) {
    const auto event = nvml_.wait_event(set_, kWait);
    std::unique_lock lock(mutex_);
    if (event && *event && events_.size() < kMostEvents) {
      events_.push_back(**event);
      ::eventfd_write(ready_.get(), 1);
    }
    // A lost GPU answers at once, with an error, every time.
    if (!event) wake_.wait_for(lock, kWait, [this] { return stopping_; });
    if (stopping_) return;
  }
}

std::vector<NvmlEvent> NvmlEvents::take() {
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  ::eventfd_read(ready_.get(), &count);
  return std::exchange(events_, {});
}

}  // namespace spillway
