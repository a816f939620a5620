// Holds the tree to the include table of ARCHITECTURE.md and to the length that a file may have.
// The checker is tried on a small tree of its own first, so that its silence means something.

#include "tests/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace spillway::layers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kLongest = 600;

constexpr const char* kTable = R"(
| word | meaning |
|---|---|
| pool | one memory |

| folder | may include | third party |
|---|---|---|
| base | - | fmt, tl::expected |
| model | base | - |
| port | base | - |
| assess, decide | base, model | none |
| wire | base, port (sockets only) | nlohmann/json |
| arena | nothing but C headers | libc, no libstdc++ |
| capi | wire, include/spillway | none |
| apps/* | what they need; the CLI reaches sense and act only through capi | CLI11 |
| interposer | arena, wire/guest_frame.h | libc, libdl |

| folder | something else | third party |
|---|---|---|
| base | everything | everything |
)";

Layers layers_of(const std::string& markdown) {
  std::istringstream in(markdown);
  return read_layers(in);
}

class LayersTest : public testing::Test {
 protected:
  LayersTest() { std::filesystem::create_directory(tree_ / "src"); }

  void write(const std::string& file, const std::string& text) const { tree_.write(file, text); }

  std::vector<std::string> found() const {
    return forbidden_includes(tree_.path(), layers_of(kTable));
  }

  support::TempDir tree_;
};

TEST(LayersTableTest, ReadsRowsRemarksAndSeveralFoldersInOneRow) {
  const Layers layers = layers_of(kTable);
  ASSERT_EQ(layers.size(), 10U);
  EXPECT_THAT(layers.at("base").folders, IsEmpty());
  EXPECT_THAT(layers.at("base").third_party, ElementsAre("fmt", "tl::expected"));
  EXPECT_THAT(layers.at("decide").folders, ElementsAre("base", "model"));
  EXPECT_THAT(layers.at("decide").third_party, IsEmpty());
  EXPECT_THAT(layers.at("wire").folders, ElementsAre("base", "port"));
  EXPECT_THAT(layers.at("capi").folders, ElementsAre("spillway", "wire"));
  EXPECT_TRUE(layers.at("arena").only_c_headers);
  EXPECT_TRUE(layers.at("apps").anything);
}

TEST(LayersTableTest, IsEmptyWithoutATable) {
  EXPECT_THAT(layers_of("# Nothing here\n"), IsEmpty());
}

TEST_F(LayersTest, AllowsWhatTheTableAllows) {
  write("src/model/pool.cpp",
        "#include \"model/pool.h\"\n#include \"base/bytes.h\"\n#include <map>\n");
  write("src/base/text.h",
        "#include <fmt/format.h>\n#include <tl/expected.hpp>\n#include <sys/stat.h>\n");
  write("src/capi/c.cpp", "#include <spillway/spillway.h>\n#include \"spillway/spillway.h\"\n");
  write("interposer/gate.cpp", "#include \"wire/guest_frame.h\"\n#include \"arena/chunk.h\"\n");
  write("apps/spillwayd/main.cpp",
        "#include \"sense/psi.h\"\n#include <CLI/CLI.hpp>\n#include \"x.h\"\n");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(LayersTest, NamesFileAndLineOfAnIncludeAgainstTheTable) {
  write("src/model/pool.cpp",
        "#include \"model/pool.h\"\n\n  #  include \"port/fs.h\"  // why not\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("src/model/pool.cpp:3: includes port/fs.h: ")));
}

TEST_F(LayersTest, AllowsOnlyTheFileThatARowNames) {
  write("interposer/gate.cpp", "#include \"wire/protocol.h\"\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("interposer/gate.cpp:1: includes wire/protocol.h")));
}

TEST_F(LayersTest, RefusesIncludesThatAreNotWrittenFromSrc) {
  write("src/model/pool.cpp", "#include \"pool.h\"\n#include \"../base/bytes.h\"\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("src/model/pool.cpp:1:"),
                                   StartsWith("src/model/pool.cpp:2:")));
}

TEST_F(LayersTest, RefusesLibrariesOutsideTheThirdColumn) {
  write("src/model/pool.cpp", "#include <fmt/format.h>\n");
  write("src/wire/codec.cpp", "#include <nlohmann/json.hpp>\n#include <boost/asio.hpp>\n");
  write("src/wire/codec.h", "#include <gtest/gtest.h>\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("src/model/pool.cpp:1: includes fmt/format.h"),
                                   StartsWith("src/wire/codec.cpp:2: includes boost/asio.hpp"),
                                   StartsWith("src/wire/codec.h:1: includes gtest/gtest.h")));
}

TEST_F(LayersTest, KeepsClockLogAndHashOrderOutOfDecisions) {
  write("src/assess/trend.cpp", "#include \"base/clock.h\"\n#include \"base/bytes.h\"\n");
  write("src/decide/ladder.cpp", "#include \"base/log.h\"\n#include <unordered_map>\n");
  write("src/decide/ladder_test.cpp", "#include \"base/clock.h\"\n");
  EXPECT_THAT(found(),
              ElementsAre("src/assess/trend.cpp:1: includes base/clock.h: assess is pure",
                          "src/decide/ladder.cpp:1: includes base/log.h: decide is pure",
                          "src/decide/ladder.cpp:2: includes unordered_map: decide is pure"));
}

TEST_F(LayersTest, LetsTestsReachSupportAndTheLowestFolders) {
  const std::string includes =
      "#include \"tests/support/root.h\"\n#include \"port/fs.h\"\n#include <gtest/gtest.h>\n";
  write("src/assess/trend_test.cpp", includes + "#include \"wire/codec.h\"\n");
  EXPECT_THAT(found(),
              ElementsAre(StartsWith("src/assess/trend_test.cpp:4: includes wire/codec.h")));
}

TEST_F(LayersTest, KeepsTheCommandLineAwayFromSensorsAndActions) {
  write("apps/spillway/status.cpp", "#include \"base/bytes.h\"\n#include \"sense/psi.h\"\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("apps/spillway/status.cpp:2: includes sense/psi.h")));
}

TEST_F(LayersTest, KeepsTheCppLibraryOutOfTheArena) {
  write("src/arena/chunk.cpp",
        "#include <stdint.h>\n#include <vector>\n#include \"base/bytes.h\"\n");
  EXPECT_THAT(found(), ElementsAre(StartsWith("src/arena/chunk.cpp:2: includes vector"),
                                   StartsWith("src/arena/chunk.cpp:3: includes base/bytes.h")));
}

TEST_F(LayersTest, WantsARowForEachFolder) {
  write("src/surprise/x.h", "");
  EXPECT_THAT(found(), ElementsAre("src/surprise: has no row in the include table"));
}

TEST_F(LayersTest, CountsLinesOfSourcesOnly) {
  const std::string long_text(601, '\n');
  write("src/base/long.cpp", long_text);
  write("src/base/right.cpp", std::string(600, '\n'));
  write("build/generated.cpp", long_text);
  write("tests/fixtures/captured.h", long_text);
  write("CHANGELOG.md", long_text);
  EXPECT_THAT(overlong_files(tree_.path(), kLongest), ElementsAre("src/base/long.cpp: 601 lines"));
}

TEST(TreeTest, IncludesOnlyWhatTheTableInArchitectureAllows) {
  const std::filesystem::path root(SPILLWAY_SOURCE_DIR);
  std::ifstream architecture(root / "ARCHITECTURE.md");
  ASSERT_TRUE(architecture) << "ARCHITECTURE.md missing";
  const Layers layers = read_layers(architecture);
  ASSERT_TRUE(layers.contains("base")) << "ARCHITECTURE.md has no include table";
  for (const auto& line : forbidden_includes(root, layers)) ADD_FAILURE() << line;
}

TEST(TreeTest, HasNoFileOfMoreThanSixHundredLines) {
  for (const auto& line : overlong_files(SPILLWAY_SOURCE_DIR, kLongest)) ADD_FAILURE() << line;
}

}  // namespace
}  // namespace spillway::layers
