#include "self_care.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace spillway {
namespace {

constexpr std::size_t kStack = 256 * 1024;
constexpr std::string_view kOomScoreAdj = "-900";

Capability lock_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  // With a limit, locking what is mapped later would make malloc and new threads fail at it. The
  // call itself needs no limit where CAP_IPC_LOCK is there, but neither does it tell.
  if (limit.rlim_cur != RLIM_INFINITY) {
    return {"lock_memory", false, "needs LimitMEMLOCK=infinity"};
  }
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return {"lock_memory", false, system_error(errno, "mlockall").what};
  }
  return {"lock_memory", true, "what was touched stays in RAM"};
}

Capability oom_protection() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), kOomScoreAdj.data(), kOomScoreAdj.size()) < 0) {
    return {"oom_protection", false, "needs CAP_SYS_RESOURCE"};
  }
  return {"oom_protection", true, "oom_score_adj -900"};
}

}  // namespace

void keep_small() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, 64 * 1024);
  ::mallopt(M_TOP_PAD, 16 * 1024);
  ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  ::pthread_attr_setstacksize(&attributes, kStack);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<Capability> protect_self() { return {lock_memory(), oom_protection()}; }

}  // namespace spillway
