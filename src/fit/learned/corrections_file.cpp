#include "fit/learned/corrections_file.h"

#include <fmt/format.h>

#include "fit/learned/corrections_text.h"
#include "port/text_file.h"

namespace spillway::fit {
namespace {

constexpr std::string_view kName = "/corrections.jsonl";

Result<ReadCorrections> read(const std::string& path) {
  const auto text = read_text_file(path);
  if (text) return parse_corrections(*text);
  if (text.error().code == Errc::not_found) return ReadCorrections{};
  return tl::unexpected(text.error());
}

}  // namespace

std::string corrections_path(bool root, const std::function<const char*(const char*)>& variable) {
  const auto absolute = [&](const char* name) {
    const char* value = variable(name);
    return value != nullptr && value[0] == '/' ? std::string(value) : std::string();
  };
  std::string state = absolute("XDG_STATE_HOME");
  if (state.empty() && root) state = "/var/lib";
  if (state.empty() && !absolute("HOME").empty()) state = absolute("HOME") + "/.local/state";
  return state.empty() ? state : state + "/spillway" + std::string(kName);
}

Corrections read_corrections(const std::string& path, std::vector<Error>& errors) {
  if (path.empty()) return {};
  auto found = read(path);
  if (!found) {
    errors.push_back(found.error());
    return {};
  }
  if (found->skipped > 0) {
    errors.push_back(
        {Errc::invalid,
         fmt::format("{} line{} that {} no correction", found->skipped,
                     found->skipped == 1 ? "" : "s", found->skipped == 1 ? "is" : "are"),
         path, "left out"});
  }
  return std::move(found->corrections);
}

Status remember(const std::string& path, Lesson lesson) {
  if (path.empty()) return fail(Errc::not_found, "no place to remember it: HOME is not set");
  auto known = read(path);
  if (!known) return tl::unexpected(known.error());
  known->corrections.add(std::move(lesson));
  return write_text_file(path, corrections_text(known->corrections));
}

}  // namespace spillway::fit
