#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "doctor/tune/manifest.h"
#include "doctor/tune/tree.h"

namespace spillway::doctor {

/// What was applied and can be taken back.
struct TuneApplication {
  TuneManifest manifest;
  bool confirmed = false;

  /// Where its file stands now.
  std::string place_of(const TuneFile& file) const {
    return manifest.live && !confirmed ? trial_path(file.path) : file.path;
  }
};

/// How taking back went.
struct TuneUndone {
  std::string id;
  std::vector<std::string> left;  // changed by somebody else since: not touched
};

/// The applications of one root, under kTuneState. The manifest is there, whole, before the first write
/// and goes, at once, after the last one was taken back: wherever a call is killed, the next one
/// finds everything, nothing, or what roll_back() undoes. Nothing that exists is ever overwritten.
/// Calls on one root, from several processes too, wait for each other. Blocks on the disk.
class TuneBook {
 public:
  /// `live`: the root is the running machine's. `units_changed` has systemd read its units again.
  TuneBook(Tree tree, bool live, std::function<void()> units_changed);

  const Tree& tree() const { return tree_; }
  bool live() const { return live_; }

  /// The oldest first; none when there is no state.
  Result<std::vector<TuneApplication>> list() const;
  /// The id that the next application gets.
  Result<std::string> next_id() const;

  /// Puts the changes in force until `within` has passed, and for good once confirmed. Errc::refused: one
  /// is unconfirmed, or a file is there that is not ours; Errc::denied: may not write. Then nothing
  /// was changed.
  Result<TuneApplication> apply(const std::vector<TuneChange>& changes, const TuneTarget& target,
                                const TuneMoment& now, Duration within);
  /// Errc::not_found: nothing waits for it; Errc::timed_out: too late.
  Result<TuneApplication> confirm(const TuneMoment& now);
  /// The latest application. Errc::not_found: there is none.
  Result<TuneUndone> roll_back();
  /// Takes the latest back if nobody confirmed it in time.
  Result<std::optional<TuneUndone>> revert_expired(const TuneMoment& now);

 private:
  Status may_apply(const TuneManifest& manifest) const;
  std::vector<TuneFolder> folders_of(const TuneManifest& manifest) const;
  Status begin(const TuneManifest& manifest) const;
  Status put(const TuneManifest& manifest, bool on_trial) const;
  Status set_values(const TuneManifest& manifest) const;
  Result<TuneUndone> undo(const TuneManifest& manifest) const;
  Status take_file(const TuneFile& file, const std::string& path, TuneUndone& undone) const;
  Status remove_made(const TuneManifest& manifest, std::string_view below) const;
  Status vanish(const TuneManifest& manifest) const;
  Status discard_scrap() const;

  Tree tree_;
  bool live_;
  std::function<void()> units_changed_;
};

}  // namespace spillway::doctor
