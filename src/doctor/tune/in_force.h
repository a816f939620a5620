#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/tune/book.h"
#include "port/sys_root.h"

namespace spillway::doctor {

/// Whether one change of an application is what counts.
struct InForce {
  std::string key, wanted;
  bool in_file = false;              // our file is there, as it was written
  std::string overridden_by;         // a file that is read after ours and says something else
  std::optional<std::string> found;  // what the running kernel has; nullopt: it cannot be asked
  std::optional<bool> live;          // whether that is what was wanted
  std::string pending;               // what has to happen first, where it is not live yet

  bool good() const { return in_file && overridden_by.empty() && live.value_or(true); }
};

/// Each change of the application: its file, and the running kernel where the root is its own. Blocks on
/// the disk.
std::vector<InForce> in_force(const TuneApplication& application, const Tree& tree,
                              const SysRoot& root);

}  // namespace spillway::doctor
