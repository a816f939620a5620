#include "cli/help.h"

namespace spillway {

std::string Help::make_option_opts(const CLI::Option* option) const {
  const bool has_value = !option->get_positional() && option->get_items_expected_max() > 0;
  return has_value ? " " + option->get_type_name() : std::string();
}

std::string Help::make_usage(const CLI::App* app, std::string) const {
  std::string usage = "Usage: spillway";
  if (app->get_parent() == nullptr) return usage + " VERB [OPTIONS]\n";
  for (const CLI::App* above = app->get_parent(); above->get_parent() != nullptr;
       above = above->get_parent()) {
    usage += " " + above->get_name();
  }
  usage += " " + app->get_name();
  if (!app->get_subcommands(nullptr).empty()) return usage + " VERB\n";
  usage += " [OPTIONS]";
  for (const CLI::Option* option : app->get_options(nullptr)) {
    if (!option->get_positional()) continue;
    const std::string word = option->get_name();
    const bool many = option->get_items_expected_max() > 1;
    const std::string words = word + (many ? "..." : "");
    usage += option->get_required() ? " " + words : " [" + words + "]";
  }
  return usage + "\n";
}

}  // namespace spillway
