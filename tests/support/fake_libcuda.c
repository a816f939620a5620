/* A stand-in for libcuda.so.1 with as much of the CUDA Driver API as libspillway uses: two devices
 * with a primary context each, whose state a test sets through fake_cuda. Built as a shared library
 * with that soname, so that dlopen(RTLD_NOLOAD) finds it as it finds the real one. */
#include "tests/support/fake_libcuda.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct fake_cuda fake_cuda;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static __thread void* current;

enum { kSuccess = 0, kInvalidValue = 1, kNotInitialized = 3, kInvalidContext = 201 };

int cuDeviceGetCount(int* count) {
  if (!fake_cuda.initialized) return kNotInitialized;
  *count = 2;
  return kSuccess;
}

int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal < 2 ? kSuccess : kInvalidValue;
}

int cuDeviceGetAttribute(int* value, int attribute, int device) {
  *value = attribute == 18 ? fake_cuda.device[device].integrated : 0;
  return kSuccess;
}

int cuDeviceGetUuid_v2(unsigned char (*uuid)[16], int device) {
  memset(*uuid, 0, 16);
  (*uuid)[0] = 0xab;
  (*uuid)[15] = (unsigned char)device;
  return kSuccess;
}

int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  *flags = 0;
  *active = fake_cuda.device[device].active;
  return kSuccess;
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
  if (!fake_cuda.device[device].active) fake_cuda.contexts_made++;
  __atomic_fetch_add(&fake_cuda.retained, 1, __ATOMIC_SEQ_CST);
  *context = &fake_cuda.device[device];
  return kSuccess;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  (void)device;
  __atomic_fetch_sub(&fake_cuda.retained, 1, __ATOMIC_SEQ_CST);
  return kSuccess;
}

int cuCtxPushCurrent_v2(void* context) {
  current = context;
  return kSuccess;
}

int cuCtxPopCurrent_v2(void** context) {
  *context = current;
  current = NULL;
  return kSuccess;
}

int cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  pthread_mutex_lock(&gate); /* fake_cuda_hang(1) holds it: a driver that does not come back */
  pthread_mutex_unlock(&gate);
  const struct fake_cuda_device* device = current;
  if (device == NULL) return kInvalidContext;
  if (device->error != 0) return device->error;
  *free_bytes = device->free_bytes;
  *total_bytes = device->total_bytes;
  return kSuccess;
}

int cuDeviceGetDefaultMemPool(void** pool, int device) {
  *pool = &fake_cuda.device[device];
  return kSuccess;
}

int cuMemPoolGetAttribute(void* pool, int attribute, void* value) {
  const struct fake_cuda_device* device = pool;
  unsigned long long* out = value;
  if (attribute != 5 && attribute != 7) return kInvalidValue;
  *out = attribute == 5 ? device->pool_reserved : device->pool_used;
  return kSuccess;
}

int cuMemPoolTrimTo(void* pool, size_t keep) {
  if (keep == 0) __atomic_fetch_add(&((struct fake_cuda_device*)pool)->trims, 1, __ATOMIC_SEQ_CST);
  return kSuccess;
}

void fake_cuda_hang(int hang) {
  if (hang) {
    pthread_mutex_lock(&gate);
  } else {
    pthread_mutex_unlock(&gate);
  }
}
