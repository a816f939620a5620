#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/choose/component.h"
#include "fit/choose/machine.h"
#include "fit/use.h"

namespace spillway::fit {

/// A model that is to be planned from its files, or from numbers.
struct ModelAsked {
  std::string model;       // a path or a name; with `parameters` only what it is called
  std::string parameters;  // "1B"; empty: read the files
  std::string dtype;       // of these parameters
  Use use;
};

/// A component of a stack file: with figures of its own in component.variants, or with a model whose
/// figures are still to be had. The file's own changes follow the first variant in either case; figures
/// in VRAM get a variant with the same bytes in RAM where the file has none.
struct ComponentAsked {
  Component component;
  std::optional<ModelAsked> model;
  std::vector<std::string> smaller;  // models of the same family that are on disk
};

/// What a stack file says of the machine; the rest is what is measured.
struct MachineAsked {
  std::vector<Bytes> gpus;
  std::optional<Bytes> ram, os, reserve;
  std::optional<double> threshold;
};

struct StackFile {
  MachineAsked machine;
  std::vector<ComponentAsked> components;
};

/// Reads what spillway(1) describes below STACK FILES. Models are relative to the
/// folder of `file`. Everything that is wrong with it, in the order of the file.
tl::expected<StackFile, std::vector<Error>> parse_stack(std::string_view text,
                                                        const std::string& file);

/// Puts what somebody says in the place of what is measured: a card or RAM that is only talked about
/// is empty, but for the share of the OS.
void say(Machine& machine, const MachineAsked& asked);

}  // namespace spillway::fit
