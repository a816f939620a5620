#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace spillway {

/// The help without what CLI11 adds to each option about the others.
class Help final : public CLI::Formatter {
 public:
  Help() { column_width(26); }
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
};

}  // namespace spillway
