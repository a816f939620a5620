/* fit.h from C99: a model made of its config.json alone, and stacks by their figures. */
#include <spillway/fit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, \
              spillway_fit_last_error());                                 \
      exit(1);                                                            \
    }                                                                     \
  } while (0)

static const char kStack[] =
    "[machine]\nvram = \"4GiB\"\nram = \"8GiB\"\n"
    "[[component]]\nname = \"stt\"\nvram = \"3.7GiB\"\n"
    "[[component.change]]\nkind = \"lower_precision\"\nwhat = \"fp16\"\nvram = \"1.9GiB\"\n";

static void plans(void) {
  spillway_plan* plan = NULL;
  spillway_plan_change change = SPILLWAY_PLAN_CHANGE_INIT;
  spillway_plan_model model = SPILLWAY_PLAN_MODEL_INIT;
  CHECK(spillway_fit_plan(kStack, NULL, &plan) == SPILLWAY_FITS_WITH_CHANGES);
  CHECK(spillway_plan_verdict(plan) == SPILLWAY_FITS_WITH_CHANGES);
  CHECK(spillway_plan_changes(plan) == 1 && spillway_plan_models(plan) == 1);
  CHECK(spillway_plan_get_change(plan, 0, &change) == SPILLWAY_OK);
  CHECK(strcmp(change.model, "stt") == 0 && strcmp(change.kind, "lower_precision") == 0);
  CHECK(change.saves_bytes > INT64_C(1) << 30 && change.peak_share < 0.5);
  CHECK(spillway_plan_get_change(plan, 1, &change) == SPILLWAY_E_NOT_FOUND);
  CHECK(spillway_plan_get_model(plan, 0, &model) == SPILLWAY_OK);
  CHECK(strcmp(model.name, "stt") == 0 && model.gpu == 0);
  CHECK(model.max_safe_context == SPILLWAY_UNKNOWN);
  CHECK(strstr(spillway_plan_json(plan), "spillway.plan/1") != NULL);
  spillway_plan_release(plan);
}

static void mistakes(void) {
  spillway_footprint footprint = SPILLWAY_FOOTPRINT_INIT;
  spillway_footprint unsized;
  spillway_plan* plan = NULL;
  memset(&unsized, 0, sizeof unsized);
  CHECK(spillway_fit_footprint(NULL, NULL, &footprint) == SPILLWAY_E_INVALID);
  CHECK(spillway_fit_footprint("/no/such/model", NULL, &footprint) == SPILLWAY_E_NOT_FOUND);
  CHECK(strstr(spillway_fit_last_error(), "/no/such/model") != NULL);
  CHECK(spillway_fit_plan("[[component]]\nname = \"x\"\nvram = \"1GiB\"\n", NULL, &plan) ==
        SPILLWAY_E_INVALID);
  CHECK(strstr(spillway_fit_last_error(), "ram") != NULL);
  CHECK(spillway_fit_plan("not toml", NULL, &plan) == SPILLWAY_E_INVALID);
  CHECK(plan == NULL);
  CHECK(spillway_plan_verdict(NULL) == SPILLWAY_E_INVALID && *spillway_plan_json(NULL) == 0);
  CHECK(spillway_plan_changes(NULL) == 0 && spillway_plan_models(NULL) == 0);
  spillway_plan_release(NULL);
}

int main(int argc, char** argv) {
  char path[512];
  FILE* file;
  spillway_footprint footprint = SPILLWAY_FOOTPRINT_INIT;
  CHECK(argc == 2);
  snprintf(path, sizeof path, "%s/config.json", argv[1]);
  file = fopen(path, "w");
  CHECK(file != NULL);
  fputs(
      "{\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2,"
      "\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100,"
      "\"torch_dtype\":\"float16\"}",
      file);
  CHECK(fclose(file) == 0);
  CHECK(spillway_fit_footprint(path, "context=512 backend=transformers", &footprint) ==
        SPILLWAY_OK);
  CHECK(footprint.weights.likely > 0 && footprint.weights.low <= footprint.weights.high);
  CHECK(footprint.kv.likely == INT64_C(2) * 2 * 64 * 2 * 512);
  footprint.struct_size = 0;
  CHECK(spillway_fit_footprint(path, NULL, &footprint) == SPILLWAY_E_INVALID);
  plans();
  mistakes();
  return 0;
}
