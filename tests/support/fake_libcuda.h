#ifndef SPILLWAY_TESTS_FAKE_LIBCUDA_H
#define SPILLWAY_TESTS_FAKE_LIBCUDA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fake_cuda_device {
  int active; /* its primary context exists */
  int integrated;
  int error; /* what cuMemGetInfo answers with, if not 0 */
  size_t free_bytes, total_bytes;
  int trims; /* of its default memory pool */
  unsigned long long pool_reserved, pool_used;
};

/* The state of the fake driver; the symbol "fake_cuda" of the library. */
struct fake_cuda {
  int initialized;
  struct fake_cuda_device device[2];
  int retained;      /* contexts retained and not released */
  int contexts_made; /* by retaining one that was not active */
};

/* From now on (1) cuMemGetInfo does not return, until 0; same thread for both. */
typedef void (*fake_cuda_hang_fn)(int hang);

#ifdef __cplusplus
}
#endif

#endif
