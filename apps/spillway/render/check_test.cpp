#include "render/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using testing::ElementsAre;

const doctor::Holding kBrowser{.program = "firefox",
                               .unit = {},
                               .container = {},
                               .pids = {7},
                               .held = {{kRam, 1_GiB}},
                               .peak_ram = {}};

doctor::Precheck check() {
  return {{{"memory", false, "1 GiB of RAM available, 2 GiB wanted", "give some back",
            "spillway free --ram 1GiB"},
           {"zram", true, "6 GiB", "", ""}},
          {&kBrowser},
          {{kRam, 1_GiB}}};
}

TEST(CheckLines, SayWhatIsMissingAndWhatWouldHelp) {
  EXPECT_THAT(check_lines(check(), {}),
              ElementsAre("not ready: 1 of 2", "no  memory  1 GiB of RAM available, 2 GiB wanted",
                          "            give some back", "            $ spillway free --ram 1GiB",
                          "ok  zram    6 GiB", "you could close: firefox 1 GiB",
                          "spillway check --fix asks the tenants for 1 GiB of ram"));
  EXPECT_THAT(check_lines({}, {}), ElementsAre("ready"));
}

TEST(CheckDocument, TellsTheVerdictOfAStack) {
  const doctor::StackNeed need{doctor::StackNeed::Verdict::does_not_fit,
                               {{kRam, "ram", 8_GiB, 4_GiB, 2_GiB}},
                               {"llm: smaller context"}};
  const auto json = nlohmann::json::parse(check_document(check(), need, {}));
  EXPECT_EQ(json["schema"], "spillway.check/1");
  EXPECT_EQ(json["ready"], false);
  EXPECT_EQ(json["verdict"], "does_not_fit");
  EXPECT_EQ(json["items"][0]["command"], "spillway free --ram 1GiB");
  EXPECT_EQ(json["items"][1]["fix"], nullptr);
  EXPECT_EQ(json["closable"][0]["program"], "firefox");
  EXPECT_EQ(json["memories"][0]["needed_bytes"], 8LL << 30);
  EXPECT_EQ(json["changes"][0], "llm: smaller context");
  EXPECT_EQ(nlohmann::json::parse(check_document(check(), {}, {}))["verdict"], nullptr);
}

}  // namespace
}  // namespace spillway
