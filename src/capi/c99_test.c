/* A C program with one tenant and one pool of its own: driven through the levels, it must be asked to
 * trim and to move, and end with 0. Compiled as C99. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include <spillway/spillway.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                                          \
  do {                                                                                            \
    if (!(condition)) {                                                                           \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, spillway_last_error()); \
      exit(1);                                                                                    \
    }                                                                                             \
  } while (0)

static char path[256], host_path[256];
static int trims, offloads, warnings, freed;

static void write_pool(const char* to, int percent) {
  char beside[300];
  FILE* file;
  snprintf(beside, sizeof beside, "%s.new", to);
  file = fopen(beside, "w");
  CHECK(file != NULL);
  fprintf(file, "%d0000 1000000\n", percent);
  CHECK(fclose(file) == 0);
  CHECK(rename(beside, to) == 0);
}

static void fill(int percent) { write_pool(path, percent); }

static int on_trim(void* user, const spillway_ask* ask, spillway_reply* reply) {
  CHECK(strcmp(ask->verb, "trim") == 0 && strcmp((const char*)user, "user") == 0);
  __atomic_add_fetch(&trims, 1, __ATOMIC_SEQ_CST);
  return spillway_reply_change(reply, NULL, -1000);
}

static int on_offload(void* user, const spillway_ask* ask, spillway_reply* reply) {
  (void)user;
  (void)reply;
  CHECK(ask->on_cpu);
  __atomic_add_fetch(&offloads, 1, __ATOMIC_SEQ_CST);
  fill(60);
  return SPILLWAY_OK;
}

static void on_warning(void* user, int level, const spillway_status* status) {
  CHECK(user == NULL && level == SPILLWAY_WARNING && spillway_status_level(status) >= level);
  __atomic_add_fetch(&warnings, 1, __ATOMIC_SEQ_CST);
}

static void on_free(void* user) {
  (void)user;
  __atomic_add_fetch(&freed, 1, __ATOMIC_SEQ_CST);
}

static void step_until(spillway_manager* manager, const int* what) {
  const time_t until = time(NULL) + 20;
  while (__atomic_load_n(what, __ATOMIC_SEQ_CST) == 0) {
    int64_t next_ms = 0;
    const struct timespec pause = {0, 1000000};
    CHECK(time(NULL) < until);
    CHECK(spillway_step(manager, &next_ms) == SPILLWAY_OK && next_ms >= 0);
    nanosleep(&pause, NULL);
  }
}

int main(int argc, char** argv) {
  spillway_injected_pool pools[2] = {
      {.struct_size = sizeof pools[0], .name = "gpu", .path = path},
      {.struct_size = sizeof pools[0], .name = "host", .path = host_path},
  };
  const spillway_pool_bytes on_gpu = {.struct_size = sizeof on_gpu, .bytes = 370000};
  const spillway_pool_bytes on_host = {
      .struct_size = sizeof on_host, .pool = "injected:host", .bytes = 370000};
  const spillway_variant variants[2] = {
      {.struct_size = sizeof variants[0], .name = "gpu", .holds = &on_gpu, .holds_count = 1},
      {.struct_size = sizeof variants[0], .name = "cpu", .holds = &on_host, .holds_count = 1},
  };
  spillway_options options = SPILLWAY_OPTIONS_INIT;
  spillway_tenant_options tenant_options = SPILLWAY_TENANT_OPTIONS_INIT;
  spillway_request request = SPILLWAY_REQUEST_INIT;
  spillway_pool_status pool_status = SPILLWAY_POOL_STATUS_INIT;
  spillway_tenant_status tenant_status = SPILLWAY_TENANT_STATUS_INIT;
  spillway_manager* manager = NULL;
  spillway_tenant* tenant = NULL;
  spillway_status* status = NULL;

  CHECK(argc == 2);
  snprintf(path, sizeof path, "%s/pool", argv[1]);
  snprintf(host_path, sizeof host_path, "%s/host", argv[1]);
  fill(10);
  write_pool(host_path, 10);
  CHECK(spillway_abi_version() == SPILLWAY_ABI_VERSION);

  options.mode = SPILLWAY_MODE_EMBEDDED;
  options.only_given_pools = 1;
  options.injected = pools;
  options.injected_count = 2;
  options.no_builtin_trims = 1;
  options.state_dir = argv[1];
  CHECK(spillway_manager_create(&options, &manager) == SPILLWAY_OK);
  CHECK(spillway_on_level(manager, SPILLWAY_WARNING, on_warning, NULL, NULL) > 0);

  tenant_options.name = "llm";
  tenant_options.pool = "injected:gpu";
  tenant_options.variants = variants;
  tenant_options.variant_count = 2;
  tenant_options.user = "user";
  tenant_options.user_free = on_free;
  tenant_options.trim = on_trim;
  tenant_options.offload = on_offload;
  CHECK(spillway_register(manager, &tenant_options, &tenant) == SPILLWAY_OK);
  CHECK(spillway_set_trimmable(tenant, 1000) == SPILLWAY_OK);

  CHECK(spillway_get_status(manager, &status) == SPILLWAY_OK);
  CHECK(spillway_status_pool_count(status) == 2);
  CHECK(spillway_status_pool(status, 0, &pool_status) == SPILLWAY_OK);
  CHECK(pool_status.used == 100000 && pool_status.total == 1000000);
  CHECK(spillway_status_pool(status, 2, &pool_status) == SPILLWAY_E_NOT_FOUND);
  spillway_status_free(status);

  fill(85);
  step_until(manager, &trims);
  step_until(manager, &warnings);
  CHECK(spillway_pool_level(manager, "injected:gpu") == SPILLWAY_WARNING);
  CHECK(spillway_begin_request(tenant, &request) == SPILLWAY_OK);
  CHECK(!request.on_cpu);
  CHECK(spillway_end_request(tenant, &request) == SPILLWAY_OK);

  fill(97);
  step_until(manager, &offloads);
  do { /* the move counts once the callback has returned */
    CHECK(spillway_begin_request(tenant, &request) == SPILLWAY_OK);
    CHECK(spillway_end_request(tenant, &request) == SPILLWAY_OK);
  } while (!request.on_cpu);

  CHECK(spillway_get_status(manager, &status) == SPILLWAY_OK);
  CHECK(spillway_status_tenant(status, 0, &tenant_status) == SPILLWAY_OK);
  CHECK(tenant_status.moved && tenant_status.on_cpu);
  CHECK(strstr(spillway_status_json(status), "\"spillway.status/1\"") != NULL);
  spillway_status_free(status);

  CHECK(spillway_handle_error(tenant, NULL, "no such file", SPILLWAY_ERROR_CLASSIFY) ==
        SPILLWAY_NOT_MEMORY);
  CHECK(spillway_handle_error(tenant, NULL, "CUDA error: out of memory", SPILLWAY_ERROR_CLASSIFY) ==
        SPILLWAY_RETRY);

  CHECK(spillway_register(manager, NULL, NULL) == SPILLWAY_E_INVALID);
  CHECK(spillway_step(NULL, NULL) == SPILLWAY_E_INVALID);
  CHECK(strlen(spillway_last_error()) > 0 && strlen(spillway_strerror(SPILLWAY_E_INVALID)) > 0);
  spillway_unregister(NULL);
  CHECK(freed == 0);
  spillway_unregister(tenant);
  spillway_manager_destroy(manager);
  CHECK(freed == 1);
  return 0;
}
