#pragma once

#include <string>
#include <vector>

#include "doctor/tune/recommend.h"

namespace spillway::doctor {

/// A file of our own, to be made; it is never there before.
struct TuneFile {
  std::string path, text;
};

/// A number to be written to a running kernel.
struct TuneValue {
  std::string path, before, after;
  friend bool operator==(const TuneValue&, const TuneValue&) = default;
};

/// The drop-in files that hold the changes: one per home and unit, whose name carries `id`, so that
/// no file is ever written twice and a later one counts more. Pure.
std::vector<TuneFile> tune_files(const std::vector<TuneChange>& changes, const std::string& id);

/// Which of them holds the change.
std::string tune_path(const TuneChange& change, const std::string& id);

/// Those of the changes that a running kernel takes.
std::vector<TuneValue> tune_values(const std::vector<TuneChange>& changes);

/// Where the file stands while it waits for a confirmation on a running machine: the same place
/// below /run, which is empty after a boot.
std::string trial_path(const std::string& path);

/// Whether a path is one that tune_files() names: nothing else is ever written or removed.
bool is_tune_file(const std::string& path);
/// Whether it is a kernel's file that tuning may write.
bool is_tune_value(const std::string& path);

}  // namespace spillway::doctor
