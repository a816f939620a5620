#include "doctor/tune/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/tune/settings.h"

namespace spillway::doctor {
namespace {

struct HomeFile {
  TuneHome home;
  std::string_view folder, name;  // the file is FOLDER/NAME-ID.conf
  std::string_view head;
};

// sysctl.d, tmpfiles.d and drop-in folders are read in the order of file names over all trees: ours
// come after a distribution's 99-sysctl.conf.
constexpr std::array<HomeFile, 4> kHomes{{
    {TuneHome::sysctl, "/etc/sysctl.d", "99-zz-spillway", ""},
    {TuneHome::tmpfile, "/etc/tmpfiles.d", "zz-spillway", ""},
    {TuneHome::zram, "/etc/systemd/zram-generator.conf.d", "90-spillway", "[zram0]\n"},
    {TuneHome::unit, "/etc/systemd/system", "90-spillway", ""},
}};

const HomeFile& home_of(const TuneChange& change) {
  return *std::find_if(kHomes.begin(), kHomes.end(),
                       [&](const HomeFile& file) { return file.home == change.home; });
}

// Which section a directive of a unit stands in (systemd.unit(5)): all of ours are the type's own.
std::string head_of(const TuneChange& change) {
  if (change.home != TuneHome::unit) return std::string(home_of(change).head);
  const auto dot = change.group.rfind('.');
  std::string type = dot == change.group.npos ? "service" : change.group.substr(dot + 1);
  if (!type.empty()) type.front() = static_cast<char>(std::toupper(type.front()));
  return "[" + type + "]\n";
}

std::string line_of(const TuneChange& change) {
  const std::string why = fmt::format("# {}: {}\n", change.name, change.reason);
  switch (change.home) {
    case TuneHome::sysctl: return why + fmt::format("{} = {}\n", change.name, change.after);
    case TuneHome::tmpfile:
      return why + fmt::format("w {} - - - - {}\n", change.name, change.after);
    case TuneHome::zram:
    case TuneHome::unit: break;
  }
  return why + fmt::format("{}={}\n", change.name, change.after);
}

bool is_plain(std::string_view name) {
  return !name.empty() && name.find('/') == name.npos && name != "." && name != "..";
}

}  // namespace

std::string tune_path(const TuneChange& change, const std::string& id) {
  const HomeFile& home = home_of(change);
  const std::string below = change.home == TuneHome::unit ? "/" + change.group + ".d" : "";
  return fmt::format("{}{}/{}-{}.conf", home.folder, below, home.name, id);
}

std::vector<TuneFile> tune_files(const std::vector<TuneChange>& changes, const std::string& id) {
  std::vector<TuneFile> files;
  for (const TuneChange& change : changes) {
    const std::string path = tune_path(change, id);
    auto file = std::find_if(files.begin(), files.end(),
                             [&](const TuneFile& other) { return other.path == path; });
    if (file == files.end()) {
      files.push_back(
          {path, "# Made by spillway tune apply; spillway tune rollback takes it back.\n" +
                     head_of(change)});
      file = std::prev(files.end());
    }
    file->text += line_of(change);
  }
  return files;
}

std::vector<TuneValue> tune_values(const std::vector<TuneChange>& changes) {
  std::vector<TuneValue> values;
  for (const TuneChange& change : changes) {
    if (!change.live.empty() && change.before) {
      values.push_back({change.live, *change.before, change.after});
    }
  }
  return values;
}

std::string trial_path(const std::string& path) {
  constexpr std::string_view kEtc = "/etc/";
  return path.starts_with(kEtc) ? "/run/" + path.substr(kEtc.size()) : path;
}

bool is_tune_file(const std::string& path) {
  return std::any_of(kHomes.begin(), kHomes.end(), [&](const HomeFile& home) {
    const std::string lasting = std::string(home.folder) + "/";
    for (const std::string& folder : {lasting, trial_path(lasting)}) {
      if (!path.starts_with(folder)) continue;
      std::string name = path.substr(folder.size());
      if (home.home == TuneHome::unit) {
        const auto slash = name.find(".d/");
        if (slash == name.npos || !is_plain(name.substr(0, slash + 2))) return false;
        name = name.substr(slash + 3);
      }
      return is_plain(name) && name.starts_with(std::string(home.name) + "-") &&
             name.ends_with(".conf");
    }
    return false;
  });
}

bool is_tune_value(const std::string& path) {
  const auto settings = kernel_settings();
  return std::any_of(settings.begin(), settings.end(),
                     [&](const KernelSetting& setting) { return setting.live == path; });
}

}  // namespace spillway::doctor
