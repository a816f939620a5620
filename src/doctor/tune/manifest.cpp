#include "doctor/tune/manifest.h"

#include <time.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "json/codec_impl.h"
#include "port/text_file.h"

namespace spillway::doctor {

template <class V>
void fields(V& v, typename V::template Ref<TuneTarget> x) {
  v("ram_bytes", x.ram);
  v("vram_bytes", x.vram);
  v("swap_bytes", x.swap);
  v("available_bytes", x.available);
}

template <class V>
void fields(V& v, typename V::template Ref<TuneChanged> x) {
  v.must("key", x.key);
  v("before", x.before);
  v.must("after", x.after);
  v("file", x.file);
  v("live", x.live);
  v("unit", x.unit);
}

template <class V>
void fields(V& v, typename V::template Ref<TuneFolder> x) {
  v.must("path", x.path);
  v.must("made", x.made);
  v("changed_ns", x.changed_ns);
}

template <class V>
void fields(V& v, typename V::template Ref<TuneFile> x) {
  v.must("path", x.path);
  v.must("text", x.text);
}

template <class V>
void fields(V& v, typename V::template Ref<TuneValue> x) {
  v.must("path", x.path);
  v.must("before", x.before);
  v.must("after", x.after);
}

template <class V>
void fields(V& v, typename V::template Ref<TuneManifest> x) {
  v.must("id", x.id);
  v("time", x.at);
  v.must("boot", x.boot);
  v.must("deadline_ns", x.deadline_ns);
  v.must("live", x.live);
  v("target", x.target);
  v("changes", x.changes);
  v.must("folders", x.folders);
  v.must("files", x.files);
  v.must("values", x.values);
}

namespace {

bool is_id(std::string_view text) { return text.size() == 4 && parse_u64(text).has_value(); }

/// A value as a kernel's file has it: a line break would be a second one.
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool leads_to(const std::string& folder, std::string_view path) {
  return path.starts_with(folder + "/");
}

bool is_ours(const TuneManifest& manifest) {
  const std::string state = tune_folder(manifest.id) + "/";
  const auto& files = manifest.files;
  return is_id(manifest.id) &&
         std::all_of(files.begin(), files.end(),
                     [](const TuneFile& file) { return is_tune_file(file.path); }) &&
         std::all_of(manifest.values.begin(), manifest.values.end(),
                     [](const TuneValue& value) {
                       return is_tune_value(value.path) && is_value(value.before) &&
                              is_value(value.after);
                     }) &&
         std::all_of(manifest.folders.begin(), manifest.folders.end(),
                     [&](const TuneFolder& folder) {
                       return leads_to(folder.path, state) ||
                              std::any_of(files.begin(), files.end(), [&](const TuneFile& file) {
                                return leads_to(folder.path, file.path) ||
                                       leads_to(folder.path, trial_path(file.path));
                              });
                     });
}

}  // namespace

TuneMoment TuneMoment::now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  const auto boot = read_text_file("/proc/sys/kernel/random/boot_id").value_or("");
  return {std::string(trimmed(boot)), time.tv_sec * 1'000'000'000 + time.tv_nsec,
          SystemClock().wall()};
}

std::string tune_folder(const std::string& id) { return std::string(kTuneState) + "/" + id; }

std::string to_text(const TuneManifest& manifest) { return written(manifest, false) + "\n"; }

Result<TuneManifest> tune_manifest(std::string_view text) {
  auto manifest = spillway::from_text<TuneManifest>(text);
  if (manifest && !is_ours(*manifest)) {
    return fail(Errc::invalid, "names what tuning does not write");
  }
  return manifest;
}

}  // namespace spillway::doctor
