#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "end_to_end/program.h"
#include "exit_code.h"

namespace spillway {
namespace {

using support::spillway;

/// Verb ("config show" for one with parts, "" for none) and its options.
using Options = std::map<std::string, std::set<std::string>>;

std::string file(const std::string& path) {
  std::ifstream stream(SPILLWAY_SOURCE_DIR "/" + path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  std::vector<std::string> found;
  const std::regex expression(pattern, std::regex::ECMAScript | std::regex::multiline);
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

/// The part of a help text below "Verbs:" or "Options:".
std::string below(const std::string& help, const std::string& title) {
  const auto begin = help.find(title + ":\n");
  if (begin == std::string::npos) return {};
  return help.substr(begin, help.find("\n\n", begin) - begin);
}

std::set<std::string> options_of(const std::string& help) {
  std::set<std::string> options;
  for (const auto& line : matches(below(help, "Options"), "^  (-[^ ]+)")) {
    std::stringstream names(line);
    for (std::string name; std::getline(names, name, ',');) options.insert(name);
  }
  return options;
}

void collect(const std::vector<std::string>& verb, Options& into) {
  std::vector<std::string> arguments = verb;
  arguments.push_back("--help");
  const auto ran = spillway(arguments);
  ASSERT_EQ(ran.code, 0);
  std::string name;
  for (const auto& word : verb) name += (name.empty() ? "" : " ") + word;
  const auto parts = matches(below(ran.out, "Verbs"), "^  ([a-z-]+)");
  if (parts.empty() || verb.empty()) {
    into[name] = options_of(ran.out);
    if (!verb.empty()) {
      into[name].erase("-h");
      into[name].erase("--help");
    }
  }
  for (const auto& part : parts) {
    auto longer = verb;
    longer.push_back(part);
    collect(longer, into);
  }
}

Options options_of_help() {
  Options options;
  collect({}, options);
  return options;
}

/// troff writes "\\-" for the dash that is typed.
std::string plain_dashes(const std::string& line) {
  return std::regex_replace(line, std::regex("\\\\-"), "-");
}

/// From the sections "GENERAL OPTIONS" and "VERBS" of the manual.
Options options_of_manual() {
  Options options;
  std::istringstream manual(file("docs/man/spillway.1"));
  std::string section, verb;
  for (std::string line, before; std::getline(manual, line); before = line) {
    if (line.starts_with(".SH ")) section = line.substr(4);
    if (section == "VERBS" && line.starts_with(".SS ")) {
      verb = matches(plain_dashes(line), "^\\.SS ((tune|config|context) [a-z-]+|[a-z]+)").at(0);
      options[verb];
    }
    const bool is_listed = section == "VERBS" || section == "GENERAL OPTIONS";
    if (!is_listed || before != ".TP") continue;
    for (const auto& option : matches(plain_dashes(line), "[ \"](-{1,2}[a-z][a-z-]*)")) {
      options[section == "VERBS" ? verb : ""].insert(option);
    }
  }
  return options;
}

TEST(Help, AndTheManualKnowTheSameVerbsAndOptions) {
  const Options help = options_of_help(), manual = options_of_manual();
  ASSERT_GT(help.size(), 10U);
  EXPECT_EQ(help, manual);
}

TEST(Help, AndTheManualHaveTheSameExitCodes) {
  const std::string manual = file("docs/man/spillway.1");
  const std::string help = spillway({"--help"}).out;
  for (const ExitCodeRow& row : kExitCodes) {
    const std::string code = std::to_string(static_cast<int>(row.code));
    EXPECT_THAT(manual, testing::HasSubstr("\n" + code + "\t" + std::string(row.meaning) + "\n"));
    EXPECT_THAT(help, testing::HasSubstr(" " + code + "  " + std::string(row.meaning) + "\n"));
  }
}

TEST(Help, AndTheCompletionsKnowTheSameVerbsAndOptions) {
  const Options help = options_of_help();
  for (const char* path : {"spillway.bash", "_spillway", "spillway.fish"}) {
    const std::string completion = file(std::string("packaging/completions/") + path);
    ASSERT_FALSE(completion.empty()) << path;
    for (const auto& [verb, options] : help) {
      const std::string last = verb.substr(verb.rfind(' ') + 1);
      EXPECT_TRUE(std::regex_search(completion, std::regex("\\b" + last + "\\b")))
          << path << " " << verb;
      for (const auto& option : options) {
        if (option.size() == 2) continue;  // short ones are a matter of taste
        const std::string name = option.substr(2);
        EXPECT_THAT(completion, testing::HasSubstr(name)) << path << " " << verb;
      }
    }
  }
}

TEST(Help, GoesToStdoutAndOnlyThere) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"status", "--help"}, {"run", "--help"}}) {
    const auto ran = spillway(arguments);
    EXPECT_EQ(ran.code, 0);
    EXPECT_FALSE(ran.out.empty());
    EXPECT_TRUE(ran.err.empty());
  }
}

TEST(Help, FitsIntoEightyColumns) {
  std::vector<std::vector<std::string>> all{{}};
  for (const auto& [verb, options] : options_of_help()) {
    if (!verb.empty()) all.push_back(matches(verb, "([a-z-]+)"));
  }
  for (auto arguments : all) {
    arguments.push_back("--help");
    std::istringstream help(spillway(arguments).out);
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace spillway
