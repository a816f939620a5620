#include "port/psi_trigger.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

namespace spillway {
namespace {

std::string micros(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(d).count());
}

}  // namespace

Result<PsiTrigger> PsiTrigger::arm(const SysRoot& root, std::string_view path, Duration stall) {
  int refusal = 0;
  // Without CAP_SYS_RESOURCE the kernel takes multiples of 2 s only; if 2 s is refused, all are.
  for (const Duration window : {Duration(1s), Duration(2s)}) {
    auto fd = root.open(path, O_RDWR);
    if (!fd) return tl::unexpected(std::move(fd).error());
    if (!on_kernel_fs(fd->get())) {
      return fail(Errc::unsupported, "not a pressure file of the kernel", root.where(path));
    }
    const std::string order = "some " + micros(stall * (window / 1s)) + " " + micros(window);
    // With its final NUL: the kernel overwrites the last byte of what is written.
    if (::write(fd->get(), order.c_str(), order.size() + 1) > 0) {
      return PsiTrigger(*std::move(fd), window);
    }
    refusal = errno;
  }
  return fail(Errc::unsupported, "no PSI trigger: " + system_error(refusal, {}).what,
              root.where(path), "triggers need CAP_SYS_RESOURCE or Linux 6.4");
}

}  // namespace spillway
