#pragma once

#include <span>
#include <string_view>

#include "fit/use.h"

namespace spillway::fit {

/// One thing that can be said about how a model is run, on the command line as --cache-type, in a
/// stack file as cache_type.
struct UseOption {
  std::string_view name;  // of stack files
  std::string_view type;  // "N", "TYPE"
  std::string_view help;
  Status (*apply)(Use& use, std::string_view text);
};

std::span<const UseOption> use_options();

/// Sets what `name` says. Errors: invalid, with what could be said instead.
Status set_use(Use& use, std::string_view name, std::string_view text);

std::string_view name(Backend backend);
std::string_view name(Attention attention);

}  // namespace spillway::fit
