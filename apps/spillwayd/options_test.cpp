#include "options.h"

#include <gtest/gtest.h>

namespace spillway {
namespace {

DaemonOptions parsed(const std::vector<std::string>& arguments, bool root = true) {
  const auto line = parse_command_line(arguments, root);
  EXPECT_TRUE(line) << to_string(line.error());
  return line ? line->options : DaemonOptions{};
}

TEST(DaemonOptions, RootGuardsTheMachineAndEverybodyElseTheirOwn) {
  EXPECT_FALSE(parsed({}, true).user_mode);
  EXPECT_TRUE(parsed({}, false).user_mode);
  EXPECT_TRUE(parsed({"--user"}, true).user_mode);
  EXPECT_FALSE(parsed({"--system"}, false).user_mode);
}

TEST(DaemonOptions, TakesValuesWithAndWithoutEqualsSign) {
  const auto options = parsed({"--socket", "/s", "--config=/c.toml", "--record", "r", "--journal=j",
                               "--dry-run", "--check", "--foreground"});
  EXPECT_EQ(options.socket, "/s");
  EXPECT_EQ(options.config, "/c.toml");
  EXPECT_EQ(options.record, "r");
  EXPECT_EQ(options.journal, "j");
  EXPECT_TRUE(options.dry_run);
  EXPECT_TRUE(options.check);
}

TEST(DaemonOptions, NamesWhatItDoesNotUnderstand) {
  for (const char* argument : {"--sockets", "status", "-x", "", "--user=1"}) {
    const auto line = parse_command_line({argument}, true);
    ASSERT_FALSE(line) << argument;
    EXPECT_EQ(line.error().where, argument);
    EXPECT_FALSE(line.error().hint.empty());
  }
  EXPECT_FALSE(parse_command_line({"--socket"}, true));
  EXPECT_FALSE(parse_command_line({"--socket="}, true));
}

TEST(DaemonOptions, HelpAndVersionAreForPrinting) {
  EXPECT_EQ(parse_command_line({"--help"}, true)->instead, Instead::help);
  EXPECT_EQ(parse_command_line({"--version"}, true)->instead, Instead::version);
}

}  // namespace
}  // namespace spillway
