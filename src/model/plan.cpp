#include "model/plan.h"

namespace spillway {

std::string_view name(StepStatus status) {
  switch (status) {
    case StepStatus::done: return "done";
    case StepStatus::failed: return "failed";
    case StepStatus::timed_out: return "timed_out";
    case StepStatus::skipped: return "skipped";
    case StepStatus::dry_run: return "dry_run";
  }
  return "failed";
}

}  // namespace spillway
