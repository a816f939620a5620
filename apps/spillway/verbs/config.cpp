#include <stdlib.h>
#include <unistd.h>

#include "config/load.h"
#include "json/writer.h"
#include "verbs/verbs.h"

namespace spillway {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write_origin(JsonWriter& out, const Origin& origin) {
  const bool said = origin.line > 0;
  out.member("file", unless_empty(origin.file));
  out.member("line", said ? std::optional(origin.line) : std::nullopt);
  out.member("column", said ? std::optional(origin.column) : std::nullopt);
}

std::string document(const LoadedConfig& loaded, bool with_values) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.config/1");
  out.member("usable", loaded.usable());
  out.key("files");
  out.begin_array();
  for (const std::string& file : loaded.files) out.value(file);
  out.end_array();
  out.key("problems");
  out.begin_array();
  for (const ConfigProblem& problem : loaded.problems) {
    out.begin_object();
    out.member("fatal", problem.fatal);
    write_origin(out, problem.at);
    out.member("what", problem.what);
    out.member("hint", unless_empty(problem.hint));
    out.end_object();
  }
  out.end_array();
  if (with_values) {
    out.key("values");
    out.begin_array();
    for (const ConfigValue& value : loaded.values) {
      out.begin_object();
      out.member("key", value.key);
      out.member("value", unless_empty(value.value));
      write_origin(out, value.origin);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return out.take();
}

void tell_problems(const Console& console, const LoadedConfig& loaded) {
  for (const ConfigProblem& problem : loaded.problems) console.tell(to_string(problem));
}

ConfigPlaces places(const ConfigOptions& options) {
  const bool user_mode = options.user || (::getuid() != 0 && !options.system);
  return config_places(user_mode, [](const char* name) -> const char* { return ::getenv(name); });
}

ExitCode show(const Console& console, const ConfigOptions& options) {
  const LoadedConfig loaded = load_config(places(options));
  if (options.json) {
    console.print(document(loaded, true));
  } else {
    std::string text = config_show(loaded);
    if (text.ends_with('\n')) text.pop_back();
    console.print(text);
    tell_problems(console, loaded);
  }
  return console.finish(loaded.usable() ? ExitCode::ok : ExitCode::failure);
}

/// Each file by itself, or all that are in force.
ExitCode check(const Console& console, const ConfigOptions& options) {
  LoadedConfig all;
  if (options.files.empty()) all = load_config(places(options));
  for (const std::string& file : options.files) {
    LoadedConfig one = load_config({.trees = {}, .only = file});
    all.problems.insert(one.usable() ? all.problems.end() : all.problems.begin(),
                        one.problems.begin(), one.problems.end());
    all.files.insert(all.files.end(), one.files.begin(), one.files.end());
  }
  if (options.json) {
    console.print(document(all, false));
  } else {
    tell_problems(console, all);
    const std::size_t files = options.files.empty() ? all.files.size() : options.files.size();
    if (all.problems.empty()) {
      console.print(files == 0   ? "no configuration file: the defaults are in force"
                    : files == 1 ? "1 file, nothing wrong"
                                 : std::to_string(files) + " files, nothing wrong");
    }
  }
  return console.finish(all.problems.empty() ? ExitCode::ok : ExitCode::failure);
}

}  // namespace

ExitCode config(const Global& global, const ConfigOptions& options) {
  const Console console(global);
  if (options.verb == "show") return show(console, options);
  if (options.verb == "check") return check(console, options);
  std::string text = config_default_text();
  if (text.ends_with('\n')) text.pop_back();
  console.print(text);
  return console.finish(ExitCode::ok);
}

}  // namespace spillway
