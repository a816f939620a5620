#include "doctor/tune/book.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace spillway::doctor {
namespace {

constexpr std::string_view kManifest = "/manifest.json";
constexpr std::string_view kConfirmed = "/confirmed";

std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

/// "/var", "/var/lib" ... and the path itself.
std::vector<std::string> steps(const std::string& path) {
  std::vector<std::string> all;
  for (std::string at = path; !at.empty(); at = parent(at)) all.push_back(at);
  std::reverse(all.begin(), all.end());
  return all;
}

bool has_unit(const TuneManifest& manifest) {
  return std::any_of(manifest.files.begin(), manifest.files.end(),
                     [](const TuneFile& file) { return file.path.starts_with("/etc/systemd/"); });
}

}  // namespace

TuneBook::TuneBook(Tree tree, bool live, std::function<void()> units_changed)
    : tree_(std::move(tree)), live_(live), units_changed_(std::move(units_changed)) {}

Result<std::vector<TuneApplication>> TuneBook::list() const {
  std::vector<TuneApplication> all;
  const auto names = tree_.list(std::string(kTuneState));
  if (!names && names.error().code == Errc::not_found) return all;
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (name == Tree::kScrap) continue;
    const std::string path = std::string(kTuneState) + "/" + name + std::string(kManifest);
    auto text = tree_.read(path);
    if (!text) return tl::unexpected(text.error());
    auto manifest = tune_manifest(text->value_or(""));
    if (manifest && manifest->id != name) manifest = fail(Errc::invalid, "another one's");
    if (!manifest) {
      manifest.error().where = tree_.where(path);
      manifest.error().hint = "nothing is taken back by it; look at it, then remove its folder";
      return tl::unexpected(manifest.error());
    }
    const bool confirmed = tree_.exists(tune_folder(name) + std::string(kConfirmed));
    all.push_back({std::move(*manifest), confirmed});
  }
  return all;
}

Result<std::string> TuneBook::next_id() const {
  const auto all = list();
  if (!all) return tl::unexpected(all.error());
  const std::uint64_t last = all->empty() ? 0 : *parse_u64(all->back().manifest.id);
  if (last >= 9999) return fail(Errc::unsupported, "too many applications", {}, "roll some back");
  return fmt::format("{:04}", last + 1);
}

Result<TuneApplication> TuneBook::apply(const std::vector<TuneChange>& changes,
                                        const TuneTarget& target, const TuneMoment& now,
                                        Duration within) {
  const auto locked = tree_.lock();
  if (!locked) return tl::unexpected(locked.error());
  const auto id = next_id();
  if (!id) return tl::unexpected(id.error());
  if (const auto all = list(); all && !all->empty() && !all->back().confirmed) {
    return fail(Errc::refused, "application " + all->back().manifest.id + " is not confirmed", {},
                "spillway tune confirm, or spillway tune rollback");
  }
  TuneManifest manifest{.id = *id,
                        .at = now.wall,
                        .boot = now.boot,
                        .deadline_ns = now.ns + within.count(),
                        .live = live_,
                        .target = target,
                        .changes = {},
                        .folders = {},
                        .files = tune_files(changes, *id),
                        .values = {}};
  for (const TuneChange& change : changes) {
    manifest.changes.push_back({change.key, change.before, change.after, tune_path(change, *id),
                                change.live, change.group});
  }
  if (live_) {
    for (TuneValue value : tune_values(changes)) {
      // What is taken back is what stands there now, not what a recommendation saw.
      const auto current = tree_.read(value.path);
      if (!current) return tl::unexpected(current.error());
      if (!*current) continue;
      value.before = trimmed(**current);
      manifest.values.push_back(std::move(value));
    }
  }
  manifest.folders = folders_of(manifest);
  const Status possible = may_apply(manifest).and_then([&] { return discard_scrap(); });
  if (!possible) return tl::unexpected(possible.error());
  if (Status begun = begin(manifest); !begun) {
    (void)discard_scrap();
    return tl::unexpected(begun.error());
  }
  const Status done = put(manifest, live_).and_then([&] { return set_values(manifest); });
  if (!done) {
    if (const auto undone = undo(manifest); !undone) return tl::unexpected(undone.error());
    return tl::unexpected(done.error());
  }
  if (live_ && has_unit(manifest)) units_changed_();
  return TuneApplication{std::move(manifest), false};
}

/// Everything that can be known to fail, before anything is written.
Status TuneBook::may_apply(const TuneManifest& manifest) const {
  if (manifest.files.empty()) return fail(Errc::not_found, "nothing to change");
  Status good = tree_.may_write(tune_folder(manifest.id));
  for (const TuneFile& file : manifest.files) {
    if (!is_tune_file(file.path)) return fail(Errc::invalid, "not a name for a drop-in", file.path);
    for (const std::string& path : {file.path, live_ ? trial_path(file.path) : file.path}) {
      if (!good) return good;
      if (tree_.exists(path)) {
        return fail(Errc::refused, "there is a file that is not ours", tree_.where(path),
                    "move it away, or leave this setting out with --skip");
      }
      good = tree_.may_write(path);
    }
  }
  return good;
}

/// Of all that will be made the folders that are missing now, and those whose lists will change.
std::vector<TuneFolder> TuneBook::folders_of(const TuneManifest& manifest) const {
  std::set<std::string> targets{tune_folder(manifest.id) + "/x"};
  for (const TuneFile& file : manifest.files) {
    targets.insert(file.path);
    if (manifest.live) targets.insert(trial_path(file.path));
  }
  std::set<std::string> touched;
  std::vector<TuneFolder> folders;
  for (const std::string& target : targets) {
    std::string last;  // the innermost that exists
    for (const std::string& folder : steps(parent(target))) {
      if (tree_.changed_at(folder)) {
        last = folder;
      } else if (std::none_of(folders.begin(), folders.end(),
                              [&](const TuneFolder& f) { return f.path == folder; })) {
        folders.push_back({folder, true, 0});
      }
    }
    touched.insert(last);
  }
  for (const std::string& folder : touched) {
    folders.push_back({folder, false, tree_.changed_at(folder).value_or(0)});
  }
  return folders;
}

/// The manifest and the folders above it appear by one rename.
Status TuneBook::begin(const TuneManifest& manifest) const {
  const auto chain = steps(tune_folder(manifest.id));
  const auto missing = std::find_if(chain.begin(), chain.end(), [&](const std::string& folder) {
    return !tree_.changed_at(folder);
  });
  if (missing == chain.end()) return fail(Errc::refused, "is there already", chain.back());
  const std::string stage = parent(*missing) + "/" + std::string(Tree::kScrap);
  Status done = tree_.make_folder(stage);
  std::string inner = stage;
  for (auto folder = std::next(missing); folder != chain.end(); ++folder) {
    inner += folder->substr(folder->rfind('/'));
    if (done) done = tree_.make_folder(inner);
  }
  return done
      .and_then([&] { return tree_.create(inner + std::string(kManifest), to_text(manifest)); })
      .and_then([&] { return tree_.rename(stage, *missing); });
}

Status TuneBook::put(const TuneManifest& manifest, bool on_trial) const {
  for (const TuneFile& file : manifest.files) {
    const std::string path = on_trial ? trial_path(file.path) : file.path;
    for (const std::string& folder : steps(parent(path))) {
      if (Status made = tree_.make_folder(folder); !made) return made;
    }
    if (Status made = tree_.create(path, file.text); !made) return made;
  }
  return {};
}

Status TuneBook::set_values(const TuneManifest& manifest) const {
  for (const TuneValue& value : manifest.values) {
    if (Status set = tree_.set_value(value.path, value.after); !set) return set;
  }
  return {};
}

Result<TuneApplication> TuneBook::confirm(const TuneMoment& now) {
  const auto locked = tree_.lock();
  if (!locked) return tl::unexpected(locked.error());
  auto all = list();
  if (!all) return tl::unexpected(all.error());
  if (all->empty() || all->back().confirmed) {
    return fail(Errc::not_found, "nothing waits to be confirmed");
  }
  TuneApplication& latest = all->back();
  const TuneManifest& manifest = latest.manifest;
  if (manifest.expired(now)) {
    const auto undone = undo(manifest);
    if (!undone) return tl::unexpected(undone.error());
    return fail(Errc::timed_out, "too late: application " + manifest.id + " was taken back");
  }
  Status done = discard_scrap();
  // What an earlier confirm() put here before it was killed is put again.
  TuneUndone ignored;
  for (const TuneFile& file : manifest.files) {
    if (done && manifest.live) done = take_file(file, file.path, ignored);
  }
  if (manifest.live) done = done.and_then([&] { return put(manifest, false); });
  done = done.and_then(
      [&] { return tree_.create(tune_folder(manifest.id) + std::string(kConfirmed), ""); });
  if (!done) return tl::unexpected(done.error());
  latest.confirmed = true;
  if (manifest.live) {
    for (const TuneFile& file : manifest.files) {
      (void)take_file(file, trial_path(file.path), ignored);  // gone after a boot anyway
    }
    (void)remove_made(manifest, "/run");
    if (has_unit(manifest)) units_changed_();
  }
  return std::move(latest);
}

Result<TuneUndone> TuneBook::roll_back() {
  const auto locked = tree_.lock();
  if (!locked) return tl::unexpected(locked.error());
  const auto all = list();
  if (!all) return tl::unexpected(all.error());
  if (all->empty()) {
    if (Status clean = discard_scrap(); !clean) return tl::unexpected(clean.error());
    return fail(Errc::not_found, "nothing was applied");
  }
  return undo(all->back().manifest);
}

Result<std::optional<TuneUndone>> TuneBook::revert_expired(const TuneMoment& now) {
  const auto locked = tree_.lock();
  if (!locked) return tl::unexpected(locked.error());
  const auto all = list();
  if (!all) return tl::unexpected(all.error());
  if (all->empty() || all->back().confirmed || !all->back().manifest.expired(now)) {
    if (Status clean = discard_scrap(); !clean) return tl::unexpected(clean.error());
    return std::nullopt;
  }
  return undo(all->back().manifest);
}

/// Every part looks first, so that it may be repeated after it was killed anywhere.
Result<TuneUndone> TuneBook::undo(const TuneManifest& manifest) const {
  TuneUndone undone{manifest.id, {}};
  Status done = discard_scrap();
  for (auto value = manifest.values.rbegin(); live_ && value != manifest.values.rend(); ++value) {
    const auto now = tree_.read(value->path);
    if (!now) return tl::unexpected(now.error());
    if (!*now || trimmed(**now) == value->before) continue;
    if (trimmed(**now) != value->after) {
      undone.left.push_back(value->path);
    } else if (done) {
      done = tree_.set_value(value->path, value->before);
    }
  }
  for (const TuneFile& file : manifest.files) {
    if (done) done = take_file(file, file.path, undone);
    if (done && manifest.live) done = take_file(file, trial_path(file.path), undone);
  }
  done = done.and_then([&] { return remove_made(manifest, "/"); });
  if (done && live_ && has_unit(manifest)) units_changed_();
  done = done.and_then([&] { return vanish(manifest); });
  if (!done) return tl::unexpected(done.error());
  return undone;
}

Status TuneBook::take_file(const TuneFile& file, const std::string& path,
                           TuneUndone& undone) const {
  if (tree_.changed_at(parent(path))) {
    if (Status clean = tree_.discard_scrap(parent(path)); !clean) return clean;
  }
  const auto text = tree_.read(path);
  const bool ours = text && *text && **text == file.text;
  if (ours) return tree_.remove(path);
  if (!text || *text) undone.left.push_back(path);
  return {};
}

/// The folders made for files, the inner ones first; those that somebody uses stay.
Status TuneBook::remove_made(const TuneManifest& manifest, std::string_view below) const {
  for (auto folder = manifest.folders.rbegin(); folder != manifest.folders.rend(); ++folder) {
    const bool holds_state = (std::string(kTuneState) + "/").starts_with(folder->path + "/") ||
                             folder->path.starts_with(kTuneState);
    if (!folder->made || holds_state || !folder->path.starts_with(below)) continue;
    if (Status gone = tree_.remove_folder(folder->path); !gone) return gone;
  }
  return {};
}

/// The manifest goes by one rename, and with it the folders that were made for it and hold nothing else.
Status TuneBook::vanish(const TuneManifest& manifest) const {
  std::string top = tune_folder(manifest.id);
  for (std::string above = parent(top); !above.empty(); above = parent(above)) {
    const auto folder =
        std::find_if(manifest.folders.begin(), manifest.folders.end(),
                     [&](const TuneFolder& f) { return f.path == above && f.made; });
    const auto names = tree_.list(above);
    if (folder == manifest.folders.end() || !names || names->size() != 1) break;
    top = above;
  }
  const std::string scrap = parent(top) + "/" + std::string(Tree::kScrap);
  Status gone = tree_.rename(top, scrap).and_then([&] { return tree_.remove_all(scrap); });
  if (!gone) return gone;
  for (const TuneFolder& folder : manifest.folders) {
    if (!folder.made && tree_.changed_at(folder.path)) {
      (void)tree_.set_changed_at(folder.path, folder.changed_ns);
    }
  }
  return {};
}

/// What a killed begin() or vanish() left.
Status TuneBook::discard_scrap() const {
  auto folders = steps(std::string(kTuneState));
  folders.insert(folders.begin(), "");
  for (const auto& application : list().value_or(std::vector<TuneApplication>{})) {
    folders.push_back(tune_folder(application.manifest.id));
  }
  for (const std::string& folder : folders) {
    if (!tree_.changed_at(folder)) continue;
    const std::string scrap = folder + "/" + std::string(Tree::kScrap);
    if (!tree_.exists(scrap)) continue;
    if (Status gone = tree_.remove_all(scrap); !gone) return gone;
  }
  return {};
}

}  // namespace spillway::doctor
