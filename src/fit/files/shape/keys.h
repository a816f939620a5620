#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/model_file.h"

namespace spillway::fit {

/// The figures of a header below a prefix ("qwen2.", "text_config."), by any of their names. What has
/// another type than asked for, or could not be true (negative, beyond 2^32), counts as absent. Valid
/// as long as the file.
class Keys {
 public:
  using Names = std::initializer_list<std::string_view>;

  Keys(const ModelFile& file, std::string prefix) : file_(&file), prefix_(std::move(prefix)) {}

  const std::string& prefix() const { return prefix_; }
  Keys below(std::string_view name) const { return {*file_, prefix_ + std::string(name) + "."}; }
  /// Whether anything is below `name`, or `name` itself is.
  bool has(std::string_view name) const;

  /// The first of the names that is there.
  std::optional<std::uint64_t> number(Names names) const;
  std::uint64_t number(Names names, std::uint64_t otherwise) const {
    return number(names).value_or(otherwise);
  }
  std::optional<double> fraction(std::string_view name) const;
  std::optional<bool> flag(Names names) const;
  std::string_view text(Names names) const;

  /// One figure per layer, whether the file has one for all or a list.
  std::vector<std::uint64_t> per_layer(std::string_view name, std::uint64_t layers,
                                       std::uint64_t otherwise) const;
  /// A list of whole numbers or flags; empty where there is none.
  std::vector<std::int64_t> list(std::string_view name) const;
  /// A list of words ("layer_types.0", "layer_types.1" ...).
  std::vector<std::string_view> words(std::string_view name) const;
  /// How long a list is that is not kept.
  std::uint64_t length(std::string_view name) const;

 private:
  const HeaderValue* find(std::string_view name) const;

  const ModelFile* file_;
  std::string prefix_;
};

}  // namespace spillway::fit
