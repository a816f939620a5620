#include "port/usage_alarm.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace spillway {

Result<UsageAlarm> UsageAlarm::arm(const SysRoot& root, std::string_view directory,
                                   std::span<const Bytes> thresholds) {
  const std::string control_path = std::string(directory) + "/cgroup.event_control";
  const auto control = root.open(control_path, O_WRONLY);
  if (!control) return tl::unexpected(control.error());
  if (!on_kernel_fs(control->get())) {
    return fail(Errc::unsupported, "not the kernel's", root.where(control_path));
  }
  const auto usage = root.open(std::string(directory) + "/memory.usage_in_bytes", O_RDONLY);
  if (!usage) return tl::unexpected(usage.error());

  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return tl::unexpected(system_error(errno, "eventfd"));
  const std::string who = std::to_string(event.get()) + " " + std::to_string(usage->get()) + " ";
  for (const Bytes at : thresholds) {
    const std::string order = who + std::to_string(at.count);
    if (::write(control->get(), order.c_str(), order.size()) < 0) {
      return tl::unexpected(system_error(errno, root.where(control_path)));
    }
  }
  return UsageAlarm(std::move(event));
}

void UsageAlarm::quieten() const {
  std::uint64_t crossings = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_.get(), &crossings, sizeof crossings);
}

}  // namespace spillway
