#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tune/app/scalars.h"

namespace spillway {

/// What a service uses, and what it may.
struct AppMemory {
  std::optional<Bytes> used, target;
  bool asked = false;  // the target was named, not derived

  /// How often what fills it has to be halved: 0 when it fits, at most 3; 1 when the use is unknown and the
  /// target was asked for.
  int halvings() const;
};

struct AppSituation {
  AppMemory ram, vram;
  std::optional<Bytes> vram_total;
};

/// A value to be replaced at its place.
struct AppEdit {
  std::string path;  // "service.gpu.batch_size"
  std::size_t line = 0;
  std::string before, after, reason;
  std::size_t begin = 0, end = 0;
};

/// What to change of a service's values, by the names of their keys. Pure.
std::vector<AppEdit> app_edits(std::string_view file, const std::vector<AppScalar>& scalars,
                               const AppSituation& situation);

/// As `diff -u`, for patch(1); nothing where there are no edits. The rest of the file stays as it is.
std::string app_diff(std::string_view file, const std::string& name,
                     const std::vector<AppEdit>& edits);

}  // namespace spillway
