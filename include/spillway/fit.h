/* Spillway: what a model will need, and whether a set of models fits, before anything is loaded. The C
 * interface of libspillway-fit (C99), a library of its own: whoever only guards does not pay for it.
 *
 * Only the headers of model files are read: milliseconds, however large the model. Formulas, and how
 * far they were off where somebody measured: docs/planning.md.
 *
 * Units: bytes are int64_t, shares doubles from 0. What is not known is SPILLWAY_UNKNOWN, never 0.
 * Errors: a negative SPILLWAY_E_ code (spillway.h); spillway_fit_last_error() has the words, with the
 * file and what to do. No C++ exception leaves the library. Structs carry their size, as in spillway.h.
 * Threads: every function may be called on any thread at the same time as any other; all of them block
 * for as long as the disk does. A plan does not change once it is made. */
#ifndef SPILLWAY_FIT_H
#define SPILLWAY_FIT_H

#include <spillway/spillway.h>

#ifdef __cplusplus
extern "C" {
#endif

/* low <= likely <= high, in bytes; all three the same where the figure is exact. */
typedef struct spillway_range {
  int64_t low, likely, high;
} spillway_range;

/* What one model needs at its peak. overhead is what a framework's allocator does not count (the CUDA
 * context, slack): likely peak less likely overhead is what torch.cuda.max_memory_allocated would say.
 * A peak includes its overhead. */
typedef struct spillway_footprint {
  size_t struct_size;
  spillway_range weights, kv, compute, overhead, peak; /* in VRAM */
  spillway_range ram_weights, ram_peak;                /* in RAM */
} spillway_footprint;
#define SPILLWAY_FOOTPRINT_INIT \
  { sizeof(spillway_footprint) }

/* What running `model` needs: a file, a folder, or a name that Ollama or a Hugging Face cache knows.
 * `options`: how it is run, "context=8192 cache_type=q8_0 attention=eager on_cpu=true", by the names
 * that spillway(1) lists for stack files; null or "" for 4,096 tokens on the GPU.
 * 0, or SPILLWAY_E_NOT_FOUND, SPILLWAY_E_INVALID (a malformed file: with the offset; an option that is
 * not known), SPILLWAY_E_UNAVAILABLE (a format that is not read), SPILLWAY_E_REFUSED (the back end would
 * not start that way). */
SPILLWAY_API int spillway_fit_footprint(const char* model, const char* options,
                                        spillway_footprint* out);

typedef struct spillway_plan spillway_plan;

enum {
  SPILLWAY_FITS = 0,
  SPILLWAY_FITS_WITH_CHANGES = 1, /* the cheapest that keep every memory safe are in the plan */
  SPILLWAY_DOES_NOT_FIT = 2
};

/* Whether a stack fits. `stack` is the text of a stack file (TOML; STACK FILES in spillway(1)): its
 * [machine] must say ram, and vram or gpus where there are any; nothing is measured here. Models are
 * relative to `folder`, null for the working directory. A verdict from 0, and *out is a plan; or a
 * negative code, and *out is not touched. */
SPILLWAY_API int spillway_fit_plan(const char* stack, const char* folder, spillway_plan** out);
SPILLWAY_API void spillway_plan_release(spillway_plan* plan);
/* The verdict; SPILLWAY_E_INVALID for null. */
SPILLWAY_API int spillway_plan_verdict(const spillway_plan* plan);
/* The whole plan as "spillway.plan/1" (docs/json.md). Lives as long as the plan; "" for null. */
SPILLWAY_API const char* spillway_plan_json(const spillway_plan* plan);

/* A change of the plan; its strings live as long as the plan. */
typedef struct spillway_plan_change {
  size_t struct_size;
  const char* model; /* the component, or who is to give back */
  const char* kind;  /* "smaller_context", "lower_precision" ... as in docs/json.md */
  const char* what;  /* in words */
  const char* pool;  /* where it saves most */
  int64_t saves_bytes;
  double peak_share; /* of that pool, this change and those before it made */
} spillway_plan_change;
#define SPILLWAY_PLAN_CHANGE_INIT \
  { sizeof(spillway_plan_change) }

/* A component of the stack, in the order of the file. */
typedef struct spillway_plan_model {
  size_t struct_size;
  const char* name;
  int64_t gpu; /* where it ends up; SPILLWAY_UNKNOWN: on the CPU or not loaded */
  int64_t
      max_safe_context; /* tokens for which everything stays safe; SPILLWAY_UNKNOWN: no bound known */
  spillway_range vram_peak, ram_peak; /* as it was asked for */
} spillway_plan_model;
#define SPILLWAY_PLAN_MODEL_INIT \
  { sizeof(spillway_plan_model) }

/* How many there are (0 for null); all changes are needed, in their order. */
SPILLWAY_API size_t spillway_plan_changes(const spillway_plan* plan);
SPILLWAY_API size_t spillway_plan_models(const spillway_plan* plan);
/* The i-th from 0: 0, or SPILLWAY_E_NOT_FOUND beyond the last. */
SPILLWAY_API int spillway_plan_get_change(const spillway_plan* plan, size_t i,
                                          spillway_plan_change* out);
SPILLWAY_API int spillway_plan_get_model(const spillway_plan* plan, size_t i,
                                         spillway_plan_model* out);

/* What the last call on this thread that failed had to say; "" before the first. Until the next one. */
SPILLWAY_API const char* spillway_fit_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
