#include "run/adapt.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "fit/choose/use_options.h"
#include "plan/flags.h"

namespace spillway {
namespace {

using Words = std::vector<std::string>;

struct Program {
  std::string_view prefix;  // of its file's name
  std::string_view runtime;
};
constexpr std::array<Program, 4> kPrograms{
    {{"llama-", "llama.cpp"}, {"vllm", "vllm"}, {"ollama", "ollama"}, {"python", "transformers"}}};

/// What a word without a value says. As set_use() reads it.
struct Switch {
  std::string_view runtime, word, option, value;
};
constexpr std::array<Switch, 5> kSwitches{
    {{"llama.cpp", "--no-kv-unified", "unified_cache", "false"},
     {"llama.cpp", "-no-kvu", "unified_cache", "false"},
     {"llama.cpp", "--cpu-moe", "experts_on_cpu", "true"},
     {"llama.cpp", "-cmoe", "experts_on_cpu", "true"},
     {"llama.cpp", "--no-mmap", "mmap", "false"}}};

/// The runtime decides.
constexpr std::array<std::string_view, 3> kLeftOpen{"auto", "all", "-1"};
constexpr std::array<std::string_view, 5> kOn{"on", "1", "true", "enabled", ""};
constexpr std::array<std::string_view, 4> kOff{"off", "0", "false", "disabled"};

/// Other ways to name a model.
constexpr std::array<std::string_view, 6> kModels{"-hf",       "-hfr", "--hf-repo",
                                                  "--hf-file", "-mu",  "--model-url"};

/// What only the server has, or what means nothing with one sequence.
constexpr std::array<std::string_view, 3> kOfServers{"-np", "--kv-unified", "--no-kv-unified"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string file_name(const Words& words) {
  return std::filesystem::path(words.front()).filename().string();
}

/// What the words say of a flag: its value, "" without one; nothing where they do not name it.
std::optional<std::string> said(const Flag& flag, FlagStyle style, const Command& command) {
  std::optional<std::string> found;  // the last counts
  for (const std::string_view name : flag.names) {
    if (style == FlagStyle::variable) {
      const char* value = command.variable(std::string(name).c_str());
      if (value != nullptr) found = value;
      continue;
    }
    const Words& words = command.words;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].starts_with(std::string(name) + "=")) found = words[i].substr(name.size() + 1);
      if (words[i] != name) continue;
      const bool has_value = !flag.value.empty() && i + 1 < words.size() &&
                             (!words[i + 1].starts_with('-') || is_one_of(kLeftOpen, words[i + 1]));
      found = has_value ? words[i + 1] : std::string();
    }
  }
  return found;
}

Status read(const Flag& flag, const std::string& value, fit::Use& use) {
  const bool is_attention = flag.option == "attention";
  const bool is_missing = value.empty() && !is_attention;  // the runtime will say so
  if (flag.option.empty() || is_missing || is_one_of(kLeftOpen, value)) return {};
  std::string word = value;
  if (is_attention && is_one_of(kOn, value)) word = "flash";
  if (is_attention && is_one_of(kOff, value)) word = "eager";
  const Status set = fit::set_use(use, flag.option, word);
  if (set) return {};
  Error error = set.error();
  error.where = std::string(flag.names.front()) + " " + value;
  return tl::unexpected(std::move(error));
}

/// Whether the command does without being told.
bool is_superfluous(const Flag& flag, bool place, const Words& words) {
  if (flag.names.empty()) return true;  // the model: the command names it
  if (flag.option == "gpu_layers" && !place) return true;
  const std::string_view name = flag.names.front();
  if (name == "-m") {
    return std::any_of(words.begin(), words.end(),
                       [](const std::string& word) { return is_one_of(kModels, word); });
  }
  return is_one_of(kOfServers, name) && file_name(words) != "llama-server";
}

std::string written(const Flag& flag, FlagStyle style) {
  std::string text(flag.names.front());
  if (!flag.value.empty()) text += (style == FlagStyle::argument ? " " : "=") + flag.value;
  return text;
}

}  // namespace

std::optional<std::string_view> runtime_of(const Words& words) {
  const std::string name = file_name(words);
  for (const auto& [prefix, runtime] : kPrograms) {
    if (!name.starts_with(prefix)) continue;
    if (runtime == "ollama" && (words.size() < 2 || words[1] != "serve")) return std::nullopt;
    return runtime;
  }
  return std::nullopt;
}

Result<std::vector<std::string_view>> read_settings(std::string_view runtime,
                                                    const Command& command, fit::Use& use) {
  std::vector<std::string_view> options;
  const Words& words = command.words;
  for (const Switch& known : kSwitches) {
    if (known.runtime != runtime) continue;
    if (std::find(words.begin() + 1, words.end(), known.word) == words.end()) continue;
    if (Status set = fit::set_use(use, known.option, known.value); !set) {
      return tl::unexpected(set.error());
    }
    options.push_back(known.option);
  }
  const auto all = flags_of(runtime, "model", use);
  if (!all) return tl::unexpected(all.error());
  if (all->style == FlagStyle::keyword) return options;
  const std::uint64_t before = use.context;
  for (const Flag& flag : all->flags) {
    const auto value = said(flag, all->style, command);
    if (!value) continue;
    if (Status done = read(flag, *value, use); !done) return tl::unexpected(done.error());
    options.push_back(flag.option);
  }
  // llama.cpp's -c is what all slots have together, where each has its own.
  if (runtime == "llama.cpp" && !use.unified_cache && use.context != before) {
    use.context = std::max<std::uint64_t>(1, use.context / use.slots);
  }
  return options;
}

Result<Adapted> adapt(std::string_view runtime, const std::string& model, const fit::Use& asked,
                      const fit::Use& planned, bool place, const Command& command) {
  const auto before = flags_of(runtime, model, asked);
  const auto after = flags_of(runtime, model, planned);
  if (!before || !after) return tl::unexpected(!before ? before.error() : after.error());
  Adapted adapted{command.words, {}, {}};
  if (after->style == FlagStyle::keyword) return adapted;
  for (const Flag& flag : after->flags) {
    if (is_superfluous(flag, place, command.words)) continue;
    if (const auto value = said(flag, after->style, command)) {
      const auto same =
          std::find_if(before->flags.begin(), before->flags.end(), [&](const Flag& other) {
            return other.names == flag.names && other.value == flag.value;
          });
      if (same != before->flags.end()) continue;
      return fail(
          Errc::refused,
          "it fits only with " + written(flag, after->style) + ", and the command says " + *value,
          command.words.front());
    }
    if (after->style == FlagStyle::variable) {
      adapted.environment.emplace_back(flag.names.front(), flag.value);
    } else {
      adapted.words.emplace_back(flag.names.front());
      if (!flag.value.empty()) adapted.words.push_back(flag.value);
    }
    adapted.added += (adapted.added.empty() ? "" : " ") + written(flag, after->style);
  }
  return adapted;
}

}  // namespace spillway
