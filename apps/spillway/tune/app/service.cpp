#include "tune/app/service.h"

#include <fmt/format.h>

#include "json/writer.h"
#include "port/text_file.h"
#include "tune/app/rules.h"
#include "tune/measure.h"

namespace spillway {
namespace {

constexpr double kUsualVramShare = 0.7;  // as `plan` calls safe

/// What was named counts, then what is measured; without a target, what leaves the usual amount.
AppSituation situation_of(const Global& global, const TunePlace& place,
                          const TuneOptions& options) {
  AppSituation situation;
  const auto use = look_at_use(global, place, !options.used_vram);
  situation.ram.used = options.used_ram ? options.used_ram : use.ram;
  situation.vram.used = options.used_vram ? options.used_vram : use.vram;
  situation.vram_total = vram_total(global, place);
  const auto& target = options.target;
  situation.ram.asked = target.ram.has_value() || target.available.has_value();
  situation.vram.asked = target.vram.has_value();
  situation.ram.target = target.ram;
  if (!target.ram && use.ram && use.available) {
    const Bytes total = *use.ram + *use.available;
    situation.ram.target = total - target.available.value_or(doctor::kUsualAvailable);
  }
  situation.vram.target = target.vram;
  if (!target.vram && situation.vram_total) {
    situation.vram.target = scaled(*situation.vram_total, kUsualVramShare);
  }
  return situation;
}

std::string document(const std::string& file, const AppSituation& situation,
                     const std::vector<AppEdit>& edits, const std::string& diff) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.tune/1");
  out.member("action", "recommend-app");
  out.member("file", file);
  for (const auto& [name, memory] :
       {std::pair("ram", &situation.ram), std::pair("vram", &situation.vram)}) {
    out.key(name);
    out.begin_object();
    out.member("used_bytes", memory->used);
    out.member("target_bytes", memory->target);
    out.end_object();
  }
  out.key("edits");
  out.begin_array();
  for (const AppEdit& edit : edits) {
    out.begin_object();
    out.member("path", edit.path);
    out.member("line", edit.line);
    out.member("before", edit.before);
    out.member("after", edit.after);
    out.member("reason", edit.reason);
    out.end_object();
  }
  out.end_array();
  out.member("diff", diff);
  out.end_object();
  return out.take();
}

std::string told(const std::optional<Bytes>& bytes) {
  return bytes ? to_string(*bytes) : std::string("unknown");
}

}  // namespace

ExitCode recommend_for_service(const Global& global, const TuneOptions& options) {
  const Console console(global);
  const auto text = read_text_file(options.app);
  if (!text) return console.failed(text.error());
  const auto scalars = app_scalars(*text, app_format(options.app, *text), options.app);
  if (!scalars) return console.failed(scalars.error());
  const auto place = open_place(options.root);
  if (!place) return console.failed(place.error());
  const AppSituation situation = situation_of(global, *place, options);
  const auto edits = app_edits(*text, *scalars, situation);
  std::string diff = app_diff(*text, options.app, edits);
  if (options.json) {
    console.print(document(options.app, situation, edits, diff));
    return console.finish(ExitCode::ok);
  }
  for (const AppEdit& edit : edits) {
    console.tell(fmt::format("{} {} -> {}: {}", edit.path, edit.before, edit.after, edit.reason));
  }
  if (edits.empty()) {
    console.tell(
        fmt::format("nothing to change: RAM in use {}, target {}; VRAM in use {}, target {}",
                    told(situation.ram.used), told(situation.ram.target), told(situation.vram.used),
                    told(situation.vram.target)));
    console.tell("--used-ram and --used-vram say what the service takes where it runs");
    return console.finish(ExitCode::ok);
  }
  diff.pop_back();  // print() ends the line
  console.print(diff);
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
