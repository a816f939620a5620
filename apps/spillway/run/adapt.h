#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fit/use.h"

namespace spillway {

/// A command and the environment that it will have: as getenv(3).
struct Command {
  std::vector<std::string> words;
  std::function<const char*(const char*)> variable;
};

/// The runtime that a command is, by its program's name, as --print-flags calls it; nothing where none
/// is known. Of Ollama only its server: its other commands are clients.
std::optional<std::string_view> runtime_of(const std::vector<std::string>& words);

/// Puts what the command itself says of how the model is run in the place of `use`'s. What leaves it
/// to the runtime ("auto") changes nothing. Returns what is said, as fit::set_use() calls it. Errors:
/// invalid, for what cannot be read.
Result<std::vector<std::string_view>> read_settings(std::string_view runtime,
                                                    const Command& command, fit::Use& use);

/// A command that is told how to run.
struct Adapted {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> environment;  // to be added
  std::string added;  // what was added, for people; empty: nothing
};

/// Adds what the command does not say itself so that `model` runs like `planned`, which was made from
/// `asked`: what read_settings() left. `place`: whether the layers' place is known, else it is left to
/// the command. Errors: refused, where the command says otherwise; flags_of()'s.
Result<Adapted> adapt(std::string_view runtime, const std::string& model, const fit::Use& asked,
                      const fit::Use& planned, bool place, const Command& command);

}  // namespace spillway
