#include "self_care.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <string_view>

#include "base/fd.h"
#include "port/own_pages.h"

namespace spillway {
namespace {

constexpr std::size_t kStack = 256 * 1024;
constexpr std::string_view kOomScoreAdj = "-900";

}  // namespace

void keep_small() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, 64 * 1024);
  ::mallopt(M_TOP_PAD, 16 * 1024);
  ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
#if defined(__SANITIZE_THREAD__)
  return;  // its threads need more
#endif
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

Capability protect_from_oom() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), kOomScoreAdj.data(), kOomScoreAdj.size()) < 0) {
    return {"oom_protection", false, "needs CAP_SYS_RESOURCE"};
  }
  return {"oom_protection", true, "oom_score_adj -900"};
}

void forget_start() {
  ::malloc_trim(0);
  drop_pages_of(reinterpret_cast<const void*>(&forget_start));
}

// With a limit, locking what is mapped later would make malloc and new threads fail at it.
Capability may_lock_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY) {
    return {"lock_memory", false, "needs LimitMEMLOCK=infinity"};
  }
  return {"lock_memory", true, "what was touched stays in RAM"};
}

void lock_memory() {
  if (may_lock_memory().available) ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

}  // namespace spillway
