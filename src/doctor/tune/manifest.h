#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "doctor/tune/files.h"

namespace spillway::doctor {

/// The line of time that confirmations are waited for on: CLOCK_BOOTTIME of this boot, which neither a
/// set clock nor a sleep of the machine shortens.
struct TuneMoment {
  std::string boot;  // /proc/sys/kernel/random/boot_id
  std::int64_t ns = 0;
  WallTime wall;

  static TuneMoment now();
};

/// A folder that an application made, or whose list of names it changed.
struct TuneFolder {
  std::string path;  // "" is the root
  bool made = false;
  std::int64_t changed_ns = 0;  // when it was changed last before; 0: made
};

/// A TuneChange, as far as it is needed to look at it again.
struct TuneChanged {
  std::string key;
  std::optional<std::string> before;
  std::string after;
  std::string file, live, unit;  // where it stands; empty: not there
};

/// All that is needed to take an application back, written before anything else is.
struct TuneManifest {
  std::string id;  // "0001"
  WallTime at;
  std::string boot;
  std::int64_t deadline_ns = 0;
  bool live = false;  // on the running machine: files wait below /run until they are confirmed
  TuneTarget target;
  std::vector<TuneChanged> changes;
  std::vector<TuneFolder> folders;  // the outer before the inner
  std::vector<TuneFile> files;
  std::vector<TuneValue> values;

  bool expired(const TuneMoment& now) const { return now.boot != boot || now.ns >= deadline_ns; }
};

inline constexpr std::string_view kTuneState = "/var/lib/spillway/tune";
std::string tune_folder(const std::string& id);

std::string to_text(const TuneManifest& manifest);
/// Errc::invalid for what is malformed, and for a manifest that names anything that tuning does not write:
/// an image is not trusted.
Result<TuneManifest> tune_manifest(std::string_view text);

}  // namespace spillway::doctor
