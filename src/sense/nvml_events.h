#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "port/nvml_api.h"

namespace spillway {

/// Waits for Xid errors of some devices on a thread of its own, since NVML can only be waited for by a
/// call that blocks. The other members may be called from one other thread. The destructor waits for
/// that call: up to a second, for ever with a driver that hangs.
class NvmlEvents {
 public:
  /// Errors as NvmlApi::watch_xids.
  static Result<std::unique_ptr<NvmlEvents>> watch(const NvmlApi& nvml,
                                                   const std::vector<nvml::Device>& devices);
  ~NvmlEvents();
  NvmlEvents(const NvmlEvents&) = delete;
  NvmlEvents& operator=(const NvmlEvents&) = delete;

  /// An eventfd, readable while something waits for take().
  int fd() const { return ready_.get(); }
  std::vector<NvmlEvent> take();

 private:
  NvmlEvents(const NvmlApi& nvml, nvml::EventSet set, UniqueFd ready);
  void run();

  NvmlApi nvml_;
  nvml::EventSet set_;
  UniqueFd ready_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<NvmlEvent> events_;
  bool stopping_ = false;
  std::thread thread_;
};

/// "Xid 79: the GPU has fallen off the bus" ("XID Errors", docs.nvidia.com/deploy/xid-errors).
std::string xid_words(unsigned long long xid);

}  // namespace spillway
