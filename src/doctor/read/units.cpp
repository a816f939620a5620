#include "doctor/read/units.h"

#include <algorithm>

#include "doctor/read/fields.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostFiles = 500;
constexpr std::size_t kLongestFile = 64 * 1024;
constexpr std::size_t kLongestValue = 256;
constexpr std::array<const char*, 2> kFolders{"/etc/systemd/system", "/etc/systemd/user"};
constexpr std::array<std::string_view, 9> kKeys{
    "MemoryLimit", "MemoryHigh",     "MemoryMax", "MemorySwapMax",           "OOMScoreAdjust",
    "OOMPolicy",   "ManagedOOMSwap", "LimitAS",   "ManagedOOMMemoryPressure"};

class UnitReader {
 public:
  explicit UnitReader(const SysRoot& root) : root_(root) {}

  void read_folder(const std::string& folder) {
    const auto names = root_.list(folder);
    for (const std::string& name : names ? *names : std::vector<std::string>{}) {
      const std::string path = folder + "/" + name;
      if (name.ends_with(".d")) {
        const auto parts = root_.list(path);
        for (const std::string& part : parts ? *parts : std::vector<std::string>{}) {
          if (part.ends_with(".conf"))
            read_file(path + "/" + part, name.substr(0, name.size() - 2));
        }
      } else if (name.ends_with(".service") || name.ends_with(".slice")) {
        read_file(path, name);
      }
    }
  }

  std::vector<UnitSetting> take() { return std::move(settings_); }

 private:
  void read_file(const std::string& path, const std::string& unit) {
    if (files_ == kMostFiles || root_.read_link(path))
      return;  // a link is another's file, or an alias
    const auto text = root_.read(path, kLongestFile);
    if (!text) return;
    ++files_;
    for (UnitSetting& setting : parse_unit(*text, path, unit))
      settings_.push_back(std::move(setting));
  }

  const SysRoot& root_;
  std::size_t files_ = 0;
  std::vector<UnitSetting> settings_;
};

}  // namespace

std::vector<UnitSetting> parse_unit(std::string_view text, const std::string& file,
                                    const std::string& unit) {
  std::vector<UnitSetting> settings;
  while (const auto line = next_token(text, '\n')) {
    const std::string_view words = trimmed(*line);
    const std::size_t equals = words.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(words.substr(0, equals));
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) continue;
    const std::string_view value = trimmed(words.substr(equals + 1)).substr(0, kLongestValue);
    settings.push_back({file, unit, std::string(key), std::string(value)});
  }
  return settings;
}

std::vector<UnitSetting> read_units(const SysRoot& root) {
  UnitReader reader(root);
  for (const char* folder : kFolders) reader.read_folder(folder);
  return reader.take();
}

}  // namespace spillway::doctor
