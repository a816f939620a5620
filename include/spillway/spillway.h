/* Spillway: gives memory back before anything crashes. The C interface of libspillway (C99).
 *
 * A program that holds models makes one manager, registers what it holds as tenants, wraps each
 * inference in begin_request/end_request, and is asked to trim, shrink or move when memory gets
 * short. Without a daemon the manager guards by itself (embedded); where spillwayd answers, it
 * joins.
 *
 * Units: bytes are int64_t, durations int64_t milliseconds (`_ms`), shares doubles from 0 to 1.
 * What is not known is SPILLWAY_UNKNOWN, never 0. Strings are UTF-8, ended by NUL, copied by the
 * library.
 *
 * Errors: functions that can fail return 0 (or a positive answer) or a negative SPILLWAY_E_ code;
 * spillway_last_error() has the words. A null handle or a null required argument is
 * SPILLWAY_E_INVALID. No C++ exception leaves the library.
 *
 * Versions: a struct begins with struct_size, set it to sizeof (the _INIT macros do). Newer
 * libraries read older, shorter structs and treat what is missing as zero; newer structs with only
 * zeros in what an older library does not know are accepted, anything else there is
 * SPILLWAY_E_INVALID. In arrays the struct_size of the first element is the stride.
 *
 * Threads: every function may be called on any thread unless it says otherwise, at the same time as
 * any other, except that nothing may use a handle while or after it is destroyed. Callbacks:
 *   tenant callbacks (trim ... preserve)  on worker threads, one at a time per tenant; those that a
 *                                         request waits for (begin_request of an unloaded tenant,
 *                                         handle_error after its GPU was lost) on its thread;
 *   level and report callbacks            on the manager's callback thread, one at a time;
 *   log callback                          on the log thread.
 * No lock is held while one runs; it may call any function here, and even destroy the manager.
 * Those that would wait for the very step that runs the callback answer SPILLWAY_E_BUSY there at
 * once. A callback that hangs past its deadline is left behind on its thread and not called again
 * meanwhile. */
#ifndef SPILLWAY_SPILLWAY_H
#define SPILLWAY_SPILLWAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SPILLWAY_API __attribute__((visibility("default")))
#else
#define SPILLWAY_API
#endif

/* Grows by one with every incompatible change; the shared library's SOVERSION. */
#define SPILLWAY_ABI_VERSION 0
#define SPILLWAY_UNKNOWN INT64_C(-1)

enum {
  SPILLWAY_OK = 0,
  SPILLWAY_E_INVALID = -1,     /* a null, negative, contradictory or malformed argument */
  SPILLWAY_E_NOT_FOUND = -2,   /* no such pool, tenant or preserved state */
  SPILLWAY_E_REFUSED = -3,     /* understood, possible, and declined: it would make things worse */
  SPILLWAY_E_TIMED_OUT = -4,   /* the time given passed first */
  SPILLWAY_E_BUSY = -5,        /* called inside a callback that it would have to wait for */
  SPILLWAY_E_UNAVAILABLE = -6, /* cannot be asked now: no callback for it, or gone */
  SPILLWAY_E_DENIED = -7,      /* not permitted */
  SPILLWAY_E_IO = -8,          /* the operating system said no */
  SPILLWAY_E_NO_MEMORY = -9,   /* the library itself could not allocate */
  SPILLWAY_E_CALLBACK = -10,   /* for callbacks to return: it failed */
  SPILLWAY_E_INTERNAL = -11    /* a defect of the library */
};

/* How short memory is. */
enum {
  SPILLWAY_NORMAL = 0,
  SPILLWAY_WARNING = 1,
  SPILLWAY_CRITICAL = 2,
  SPILLWAY_EMERGENCY = 3,
  SPILLWAY_SHUTDOWN = 4,
  SPILLWAY_ANY_LEVEL = -1 /* for spillway_on_level: every change */
};

typedef struct spillway_manager spillway_manager; /* one guard; usually one per program */
typedef struct spillway_tenant spillway_tenant;   /* one owner of memory: a model, a cache */
typedef struct spillway_status spillway_status; /* a picture of one moment, counted by its users */
typedef struct spillway_reply spillway_reply;   /* what a tenant callback answers with */

/* SPILLWAY_ABI_VERSION of the loaded library. */
SPILLWAY_API int spillway_abi_version(void);
/* "0.1.0"; static. */
SPILLWAY_API const char* spillway_version(void);
/* What a SPILLWAY_E_ code means, in words; static; never NULL. */
SPILLWAY_API const char* spillway_strerror(int code);
/* The latest error of the calling thread, with its path and hint; valid until its next failing
 * call. */
SPILLWAY_API const char* spillway_last_error(void);
/* "normal" ... "shutdown"; "unknown" for anything else; static. */
SPILLWAY_API const char* spillway_level_name(int level);
/* Frees what spillway_restored_state() handed out. NULL is fine. */
SPILLWAY_API void spillway_free(void* data);

/* A pool that only this program knows, or that a test invents: the file holds "USED CAPACITY", two
 * decimal numbers of bytes, and is read at every look. It is called "injected:NAME". */
typedef struct spillway_injected_pool {
  size_t struct_size;
  const char* name;
  const char* path;
} spillway_injected_pool;

/* Thresholds of the pools whose name matches ('*' matches anything: "vram:*"). Zero keeps the
 * default. */
typedef struct spillway_pool_rule {
  size_t struct_size;
  const char* pool;
  double warning, critical, emergency, shutdown; /* shares in use at which each level begins */
  double restore_below;                          /* what was taken is given back below this share */
  int64_t free_below;                            /* critical as well when fewer bytes are free */
} spillway_pool_rule;

enum { SPILLWAY_MODE_AUTO = 0, SPILLWAY_MODE_EMBEDDED = 1 };
enum {
  SPILLWAY_LOG_DEBUG = 0,
  SPILLWAY_LOG_INFO = 1,
  SPILLWAY_LOG_WARNING = 2,
  SPILLWAY_LOG_ERROR = 3
};

typedef void (*spillway_log_fn)(void* user, int severity, const char* text);

/* All members may stay zero. Thresholds, rules and pools are those of the embedded guard: while joined,
 * the daemon's configuration counts. */
typedef struct spillway_options {
  size_t struct_size;
  const char* program;       /* shown in status; NULL: the name of the process */
  int mode;                  /* SPILLWAY_MODE_: auto joins spillwayd where it answers */
  const char* socket;        /* spillwayd's; NULL: $SPILLWAY_SOCKET, the user's, the system's */
  int64_t check_interval_ms; /* the longest time between two looks; 0: 2000. Looks come closer, down
                                to 10 ms, when a threshold is near */
  double warning, critical, emergency, shutdown; /* shares in use; 0: 0.80, 0.90, 0.95, 0.98 */
  double restore_below;                          /* 0: 0.60 */
  const spillway_pool_rule* pool_rules;          /* first match wins over the above */
  size_t pool_rule_count;
  int only_given_pools; /* not 0: watch injected pools and cgroups named here, nothing else */
  const spillway_injected_pool* injected;
  size_t injected_count;
  const char* const* cgroups; /* paths to watch; the program's own as well if limited by then */
  size_t cgroup_count;
  int64_t callback_deadline_ms; /* a tenant callback's; 0: 5000 */
  int64_t error_window_ms;      /* 0: 600000; see spillway_handle_error */
  int error_limit;       /* memory errors within the window that make the fallback last; 0: 3 */
  const char* state_dir; /* where preserved state is kept; NULL: $XDG_STATE_HOME (else
                            ~/.local/state) /spillway/PROGRAM; made when first needed, mode 0700 */
  int no_builtin_trims;  /* not 0: leave malloc_trim, jemalloc, mimalloc and CUDA pools alone */
  int dry_run;           /* not 0: decide and report as always, ask nothing of anybody */
  spillway_log_fn log;   /* NULL: no log. On the log thread */
  int log_threshold;     /* the least severity logged; 0 is debug */
  void* log_user;
  void (*log_user_free)(void* user); /* may be NULL; once the log is never called again */
  int no_gpu_worker; /* not 0: while the program has no GPU driver loaded and no daemon tells, do without
                        VRAM rather than start the installed spillway-worker */
} spillway_options;
#define SPILLWAY_OPTIONS_INIT \
  { .struct_size = sizeof(spillway_options) }

/* Makes a manager. It has no thread and takes no look yet. NULL options are all defaults. */
SPILLWAY_API int spillway_manager_create(const spillway_options* options, spillway_manager** out);

/* Ends monitoring, waits for running callbacks to return (a hung one until its deadline, then it is
 * left behind on its own thread), frees the manager. Afterwards no callback starts. Inside a
 * callback it returns at once and the rest follows when that callback returns. Tenant handles stay
 * valid, without a guard, until they are unregistered. NULL is fine. */
SPILLWAY_API void spillway_manager_destroy(spillway_manager* manager);

/* Starts the monitor thread. SPILLWAY_OK also when it runs already. */
SPILLWAY_API int spillway_start_monitoring(spillway_manager* manager);
/* Stops it, and returns when it has ended; what was taken stays taken. */
SPILLWAY_API int spillway_stop_monitoring(spillway_manager* manager);

/* For programs with a loop of their own instead of start_monitoring: looks and acts once, without
 * waiting for anything, and tells in how many ms the next step is due. SPILLWAY_E_BUSY while the
 * monitor thread runs. */
SPILLWAY_API int spillway_step(spillway_manager* manager, int64_t* next_ms);
/* A descriptor to poll for reading: step at once when it is ready. The manager's; do not read or
 * close. */
SPILLWAY_API int spillway_wake_fd(const spillway_manager* manager);

/* Called when the overall level (the highest of all pools) rises to `level` or past it, and for
 * SPILLWAY_NORMAL when it falls back to that; for SPILLWAY_ANY_LEVEL at every change. `status` is
 * borrowed for the call. On the callback thread. */
typedef void (*spillway_level_fn)(void* user, int level, const spillway_status* status);
/* Adds a callback; several per level are called in the order of their adding. `user_free` (may be
 * NULL) is called with `user` once no call runs or will ever come. Returns an id above 0 for
 * spillway_off. */
SPILLWAY_API int spillway_on_level(spillway_manager* manager, int level, spillway_level_fn callback,
                                   void* user, void (*user_free)(void* user));
/* A readable report every `interval_ms` (0: 300000) while monitored or stepped. On the callback
 * thread. Returns an id above 0. */
typedef void (*spillway_report_fn)(void* user, const char* text);
SPILLWAY_API int spillway_on_report(spillway_manager* manager, int64_t interval_ms,
                                    spillway_report_fn callback, void* user,
                                    void (*user_free)(void* user));
/* Removes a callback; waits until a running call of it returned, except inside that call. */
SPILLWAY_API int spillway_off(spillway_manager* manager, int id);

/* Level of everything, or of one pool (SPILLWAY_E_NOT_FOUND), as of the latest look. Does not wait.
 */
SPILLWAY_API int spillway_level(const spillway_manager* manager);
SPILLWAY_API int spillway_pool_level(const spillway_manager* manager, const char* pool);

typedef struct spillway_pool_status {
  size_t struct_size;
  char pool[256];
  int level;
  int64_t used, total, free, reserved; /* SPILLWAY_UNKNOWN each where unknown */
  double share;                        /* used / (total - reserved); negative: unknown */
  double growth;                       /* bytes per second; not a number: unknown */
  int64_t full_in_ms;                  /* at that rate; SPILLWAY_UNKNOWN: not growing */
  int64_t age_ms;                      /* of the reading */
  int64_t peak_used;                   /* since start or spillway_reset_peaks */
  int64_t framework_allocated, framework_reserved; /* the last spillway_report_usage for it */
  int64_t peak_allocated, peak_reserved;           /* the highest of those */
} spillway_pool_status;
#define SPILLWAY_POOL_STATUS_INIT \
  { .struct_size = sizeof(spillway_pool_status) }

typedef struct spillway_tenant_status {
  size_t struct_size;
  char name[128];
  char place[64];  /* where its requests are served now; "" when it is unloaded */
  int on_cpu;      /* that place is the CPU */
  int moved;       /* something is taken from it that is to be given back */
  int busy;        /* a request runs */
  int fallen_back; /* too many memory errors: on the CPU until spillway_reset_errors */
  int priority, pinned;
  int64_t bytes;         /* held in its own pool */
  int64_t memory_errors; /* since registered */
  int64_t longest_give_pause_ms,
      longest_restore_pause_ms; /* a request had to wait for a move so long */
} spillway_tenant_status;
#define SPILLWAY_TENANT_STATUS_INIT \
  { .struct_size = sizeof(spillway_tenant_status) }

/* The latest look with peaks and errors; takes the first look when there was none. To be freed. */
SPILLWAY_API int spillway_get_status(spillway_manager* manager, spillway_status** out);
SPILLWAY_API void spillway_status_free(spillway_status* status);
/* Another handle on the same picture, to be freed as well: for keeping a borrowed one. */
SPILLWAY_API spillway_status* spillway_status_keep(const spillway_status* status);
SPILLWAY_API int spillway_status_level(const spillway_status* status);
SPILLWAY_API size_t spillway_status_pool_count(const spillway_status* status);
SPILLWAY_API int spillway_status_pool(const spillway_status* status, size_t index,
                                      spillway_pool_status* out);
SPILLWAY_API size_t spillway_status_tenant_count(const spillway_status* status);
SPILLWAY_API int spillway_status_tenant(const spillway_status* status, size_t index,
                                        spillway_tenant_status* out);
/* One line: "warning: ram 13.1 of 15.6 GiB (84 %), full in 12 s". The status's own. */
SPILLWAY_API const char* spillway_status_summary(const spillway_status* status);
/* A readable block of lines. The status's own. */
SPILLWAY_API const char* spillway_status_text(const spillway_status* status);
/* "schema": "spillway.status/1", as `spillway status --json` prints, with "library" beside it. */
SPILLWAY_API const char* spillway_status_json(const spillway_status* status);

/* What the program's own allocator says of its memory in `pool` (for example PyTorch's allocated
 * and reserved); kept apart from what the pool's own reading says. Does not wait. */
SPILLWAY_API int spillway_report_usage(spillway_manager* manager, const char* pool,
                                       int64_t allocated, int64_t reserved);
/* All peaks begin again at the present figures. */
SPILLWAY_API int spillway_reset_peaks(spillway_manager* manager);

typedef struct spillway_pool_bytes {
  size_t struct_size;
  const char* pool; /* NULL or "": the tenant's own pool */
  int64_t bytes;
} spillway_pool_bytes;

/* One size a model can be run at: what it holds there. Variants called "cpu" and "disk" are places to
 * move to rather than smaller sizes; a "cpu" that says what it holds nowhere is taken to need the first
 * variant's bytes in "ram". */
typedef struct spillway_variant {
  size_t struct_size;
  const char* name; /* "fp32", "small", "cpu"; fewer than 64 bytes */
  const spillway_pool_bytes* holds;
  size_t holds_count;
} spillway_variant;

/* What a tenant callback is asked to do; borrowed for the call. */
typedef struct spillway_ask {
  size_t struct_size;
  const char* verb;   /* "trim", "shrink", "offload", "restore", "release", "unload", "preserve" */
  const char* place;  /* the variant or place to go to (release: the one to give up) */
  int on_cpu;         /* that place is the CPU */
  int64_t bytes;      /* how much is wanted; 0: all it can */
  const char* reason; /* a sentence for the program's own log */
} spillway_ask;

/* Returns 0 when done, SPILLWAY_E_CALLBACK (or another negative code) when not. */
typedef int (*spillway_tenant_fn)(void* user, const spillway_ask* ask, spillway_reply* reply);

/* Inside a tenant callback: says what really changed in `pool` (NULL: the tenant's own; negative
 * frees, positive charges). Without it the library goes by the variants. */
SPILLWAY_API int spillway_reply_change(spillway_reply* reply, const char* pool, int64_t delta);
/* Inside a tenant callback: it went to another variant or place than it was asked to. */
SPILLWAY_API int spillway_reply_place(spillway_reply* reply, const char* place);
/* Inside `preserve`: the state to keep (copied). Written crash-safely before the step counts as
 * done. */
SPILLWAY_API int spillway_reply_data(spillway_reply* reply, const void* data, size_t size);
/* Inside a tenant callback: why it returns a negative code. */
SPILLWAY_API int spillway_reply_error(spillway_reply* reply, const char* text);

/* What is not given (NULL) is never asked for. `trim` may come while requests run. While `shrink`,
 * `offload` and `unload` run no request of this tenant does: the library waits for those that run
 * and holds new ones back. `restore` comes while requests still run at the old place and must leave
 * that usable; when it returned, the library waits for running requests, switches to the new place,
 * and calls `release` with the old one. `preserve` may come while requests run. */
typedef struct spillway_tenant_options {
  size_t struct_size;
  const char* name; /* required, fewer than 120 bytes; a second one is called "name#2" */
  const char*
      pool; /* its own pool; NULL: VRAM if the program's CUDA or HIP driver answers, else "ram" */
  int64_t bytes;                    /* held there; not read when there are variants */
  const spillway_variant* variants; /* from preferred to smallest */
  size_t variant_count;
  const char* variant; /* the one loaded now; NULL: the first; "": nothing is loaded yet */
  int priority;        /* higher keeps its memory longer */
  int pinned;          /* not 0: never touched, only notified and preserved */
  int stop_allowed;    /* not 0: the daemon may stop this program as the last resort */
  int64_t
      idle_unload_ms; /* 0: only under pressure; else unloaded after so long without a request */
  void* user;
  void (*user_free)(void* user); /* may be NULL; once no callback runs or will ever come */
  spillway_tenant_fn trim, shrink, offload, restore, release, unload, preserve;
} spillway_tenant_options;
#define SPILLWAY_TENANT_OPTIONS_INIT \
  { .struct_size = sizeof(spillway_tenant_options) }

SPILLWAY_API int spillway_register(spillway_manager* manager,
                                   const spillway_tenant_options* options, spillway_tenant** out);
/* Ends it: waits for its running callback (a hung one until its deadline; inside its own callback
 * it does not wait), frees the handle. Valid after the manager is gone, too. NULL is fine. */
SPILLWAY_API void spillway_unregister(spillway_tenant* tenant);
/* Its name, made unique; the handle's own. */
SPILLWAY_API const char* spillway_tenant_name(const spillway_tenant* tenant);

SPILLWAY_API int spillway_pin(spillway_tenant* tenant);
SPILLWAY_API int spillway_unpin(spillway_tenant* tenant);
SPILLWAY_API int spillway_set_priority(spillway_tenant* tenant, int priority);
/* It was used just now, without a request around it. */
SPILLWAY_API int spillway_touch(spillway_tenant* tenant);
/* What it holds in `pool` (NULL: its own) from now on. */
SPILLWAY_API int spillway_set_bytes(spillway_tenant* tenant, const char* pool, int64_t bytes);
/* What `trim` could give back right now; SPILLWAY_UNKNOWN when nobody knows. */
SPILLWAY_API int spillway_set_trimmable(spillway_tenant* tenant, int64_t bytes);

/* Moves the tenant away or back, whatever the levels say. `timeout_ms` 0: 60000. SPILLWAY_OK when
 * it is there, also when it was before; SPILLWAY_E_REFUSED (pinned, or it would not fit),
 * _TIMED_OUT, _BUSY. */
SPILLWAY_API int spillway_offload(spillway_tenant* tenant, int64_t timeout_ms);
SPILLWAY_API int spillway_restore(spillway_tenant* tenant, int64_t timeout_ms);
/* Gives everything back that fits; SPILLWAY_E_REFUSED when something does not. */
SPILLWAY_API int spillway_restore_all(spillway_manager* manager, int64_t timeout_ms);

/* Gives `bytes` of `pool` back now, by the tenants' cheapest ways first. `freed` (may be NULL) is
 * what was measured. Waits until done or `timeout_ms` (0: 60000). SPILLWAY_E_REFUSED with what was
 * freed when it is less than asked for; SPILLWAY_E_BUSY inside a callback. */
SPILLWAY_API int spillway_free_memory(spillway_manager* manager, const char* pool, int64_t bytes,
                                      int64_t timeout_ms, int64_t* freed);
/* The trims that need no callback, now: malloc_trim, jemalloc and mimalloc where they are loaded,
 * unused memory of the CUDA default pool where CUDA is. Takes milliseconds; on the calling thread.
 */
SPILLWAY_API int spillway_trim(spillway_manager* manager);

/* One request around inference, on the caller's stack. Zero all but struct_size before the first
 * begin; keep it from a failed try to the next. */
typedef struct spillway_request {
  size_t struct_size;
  char place[64]; /* out: where to compute: the variant in use, or "cpu" */
  int on_cpu;     /* out: that is the CPU */
  int tries;      /* memory errors of this request so far; the library's */
  int use_cpu;    /* the next try goes to the CPU; the library's */
} spillway_request;
#define SPILLWAY_REQUEST_INIT \
  { .struct_size = sizeof(spillway_request) }

/* Waits while the tenant moves, and then says where to compute. An unloaded tenant is loaded first
 * (its `restore`, after making room). No move begins until the end. Requests of one tenant may
 * overlap and nest. SPILLWAY_E_UNAVAILABLE, _REFUSED or _TIMED_OUT when it is unloaded and cannot
 * be loaded. */
SPILLWAY_API int spillway_begin_request(spillway_tenant* tenant, spillway_request* request);
/* Ends it, whether it went well or not. On the thread that began it. */
SPILLWAY_API int spillway_end_request(spillway_tenant* tenant, spillway_request* request);

/* What an error means. */
enum {
  SPILLWAY_ERROR_OTHER = 0,  /* no memory error */
  SPILLWAY_ERROR_MEMORY = 1, /* out of memory: room can be made, and it can be tried again */
  SPILLWAY_ERROR_STICKY =
      2, /* the CUDA context is dead: nothing on that GPU works in this process again */
  SPILLWAY_ERROR_CLASSIFY = -1 /* for spillway_handle_error: read the message */
};
/* Reads the message of an exception, a runtime or a driver (PyTorch, CUDA, HIP, ONNX Runtime, ggml,
 * std::bad_alloc ...). NULL is SPILLWAY_ERROR_OTHER. */
SPILLWAY_API int spillway_classify_error(const char* message);

/* What to do now. */
enum {
  SPILLWAY_NOT_MEMORY = 0, /* pass the error on: it was neither counted nor acted on */
  SPILLWAY_RETRY = 1,      /* room was made: try again */
  SPILLWAY_USE_CPU = 2,    /* try again on the CPU */
  SPILLWAY_RESTART = 3,    /* state was preserved: the process must be restarted */
  SPILLWAY_GIVE_UP = 4     /* pass the error on: it failed on the CPU, too */
};
/* After a failed try and its end_request: makes room where that can help (waits for at most the
 * callbacks' deadline), and says what to do. `request` may be NULL for a program that counts its
 * own tries. `kind`: SPILLWAY_ERROR_CLASSIFY, or what the program knows it to be. The first memory
 * error of a request answers RETRY, the second USE_CPU; error_limit of them within error_window_ms
 * put the tenant on the CPU until spillway_reset_errors(). A sticky one is preserved, then USE_CPU
 * for good if the tenant has a CPU variant that its `restore` could load, else RESTART. */
SPILLWAY_API int spillway_handle_error(spillway_tenant* tenant, spillway_request* request,
                                       const char* message, int kind);
/* Forgets the errors of one tenant, or of all (spillway_reset_all_errors); it may use its GPU
 * again. */
SPILLWAY_API int spillway_reset_errors(spillway_tenant* tenant);
SPILLWAY_API int spillway_reset_all_errors(spillway_manager* manager);

/* What `preserve` of the tenant of this name gave in an earlier life of the program, complete or
 * not at all: *data (to be freed with spillway_free) and *size. SPILLWAY_E_NOT_FOUND when there is
 * none. */
SPILLWAY_API int spillway_restored_state(spillway_manager* manager, const char* name, void** data,
                                         size_t* size);
/* Deletes it, once it was taken up. */
SPILLWAY_API int spillway_forget_state(spillway_manager* manager, const char* name);
/* Calls `preserve` of every tenant now and waits until all is on disk. `timeout_ms` 0: 2000. */
SPILLWAY_API int spillway_preserve_all(spillway_manager* manager, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
