#include "doctor/holders/place.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kIdDigits = 64;  // of a container: SHA-256
constexpr std::size_t kShortId = 12;   // as `docker ps` shows it

bool is_container_id(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return text.size() == kIdDigits && text.find_first_not_of(kHex) == std::string_view::npos;
}

/// "docker-<id>.scope", "cri-containerd-<id>.scope", "libpod-<id>", "<id>".
std::string container_of(std::string_view name) {
  if (name.ends_with(".scope")) name.remove_suffix(6);
  if (name.starts_with("machine-")) return std::string(name.substr(8));
  for (const std::string_view prefix : {"lxc.payload.", "lxc.monitor."}) {
    if (name.starts_with(prefix)) return std::string(name.substr(prefix.size()));
  }
  if (name.size() < kIdDigits) return {};
  const std::string_view id = name.substr(name.size() - kIdDigits);
  return is_container_id(id) ? std::string(id.substr(0, kShortId)) : std::string();
}

/// A user's own systemd is around the units of that user, not one of them.
bool is_unit(std::string_view name) {
  return (name.ends_with(".service") || name.ends_with(".scope")) && !name.starts_with("user@") &&
         name != "init.scope";
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_interpreter(std::string_view program) {
  constexpr std::array<std::string_view, 6> kNames{"python", "pypy", "node",
                                                   "perl",   "ruby", "java"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return program.starts_with(name) &&
           program.find_first_not_of("0123456789.", name.size()) == std::string_view::npos;
  });
}

/// What an interpreter was told to run: "main.py", "-m vllm", "-jar x.jar".
std::string script_of(std::string_view arguments) {
  while (const auto word = next_word(arguments)) {
    if (*word == "-m" || *word == "-jar") {
      const auto what = next_word(arguments);
      return what ? std::string(*word) + " " + std::string(file_name(*what)) : std::string();
    }
    if (*word == "-c" || *word == "-e") return std::string(*word);
    if (!word->starts_with('-')) return std::string(file_name(*word));
  }
  return {};
}

}  // namespace

Place place_of(std::string_view group) {
  Place place;
  while (const auto part = next_token(group, '/')) {
    if (place.container.empty()) place.container = container_of(*part);
    if (is_unit(*part)) place.unit = *part;
  }
  if (!place.container.empty()) place.unit.clear();
  return place;
}

std::string program_of(const Process& process) {
  std::string_view rest = process.command;
  const auto first = next_word(rest);
  std::string_view program = first ? file_name(*first) : std::string_view();
  // "nginx: worker process", "postgres: writer": the program has given itself a title.
  if (program.ends_with(':')) program.remove_suffix(1);
  if (program.empty()) return process.name;
  if (is_interpreter(program)) {
    const std::string script = script_of(rest);
    return script.empty() ? std::string(program) : std::string(program) + " " + script;
  }
  return std::string(program);
}

}  // namespace spillway::doctor
