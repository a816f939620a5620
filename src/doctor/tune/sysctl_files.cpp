#include "doctor/tune/sysctl_files.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway::doctor {
namespace {

// The least important first.
constexpr std::array<std::string_view, 4> kFolders{"/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d",
                                                   "/run/sysctl.d", "/etc/sysctl.d"};

}  // namespace

std::map<std::string, SysctlLine> configured_sysctls(const SysRoot& root) {
  std::map<std::string, std::string> files;
  for (const std::string_view folder : kFolders) {
    for (const std::string& name : root.list(folder).value_or(std::vector<std::string>{})) {
      if (name.ends_with(".conf")) files[name] = std::string(folder) + "/" + name;
    }
  }
  std::map<std::string, SysctlLine> settings;
  for (const auto& [name, path] : files) {
    const std::string text = root.read(path).value_or("");
    std::string_view lines = text;
    while (const auto line = next_token(lines, '\n')) {
      const auto equals = line->find('=');
      if (equals == line->npos) continue;
      std::string key(trimmed(line->substr(0, equals)));
      if (key.starts_with('#') || key.starts_with(';')) continue;
      if (key.starts_with('-')) key.erase(0, 1);  // errors do not matter
      std::replace(key.begin(), key.end(), '/', '.');
      settings[key] = {std::string(trimmed(line->substr(equals + 1))), path};
    }
  }
  return settings;
}

}  // namespace spillway::doctor
