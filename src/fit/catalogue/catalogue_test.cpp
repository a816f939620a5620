#include "fit/catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(Catalogue, TheBuiltInOneIsSound) {
  std::vector<Error> errors;
  const Catalogue catalogue = read_catalogue({}, errors);
  EXPECT_THAT(errors, SizeIs(0)) << to_string(errors.front());
  std::set<std::string> names;
  std::set<ComponentKind> kinds;
  for (const CatalogueEntry& entry : catalogue) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is there twice";
    EXPECT_FALSE(entry.runtime.empty()) << entry.name;
    kinds.insert(entry.kind);
  }
  for (const ComponentKind kind :
       {ComponentKind::vad, ComponentKind::stt, ComponentKind::intent, ComponentKind::embeddings,
        ComponentKind::tts, ComponentKind::llm}) {
    EXPECT_TRUE(kinds.contains(kind));
  }
}

TEST(Catalogue, WhatNobodyPublishedIsUnknown) {
  Catalogue catalogue;
  ASSERT_TRUE(add_to(catalogue, "[[model]]\nname = \"x\"\nkind = \"stt\"\n", "x.toml"));
  EXPECT_FALSE(catalogue[0].disk);
  EXPECT_FALSE(catalogue[0].latency);
  EXPECT_FALSE(catalogue[0].maintained);
  EXPECT_EQ(catalogue[0].quality, Quality::unknown);
}

TEST(Catalogue, AFigureWithoutASourceDoesNotCount) {
  Catalogue catalogue;
  const auto added = add_to(catalogue, R"(
[[model]]
name = "x"
kind = "stt"
disk = { bytes = 5 }
latency = { ms = [500, 300], source = "a" }
accuracy = { percent = 130, source = "a" }
quality = { class = "divine", source = "a" }
knid = 1
)",
                            "x.toml");
  ASSERT_FALSE(added);
  ASSERT_THAT(added.error(), SizeIs(5));
  EXPECT_EQ(to_string(added.error()[0]), "x.toml:5:8: source: every figure needs one");
  EXPECT_THAT(added.error()[1].what, HasSubstr("ms"));
  EXPECT_THAT(added.error()[4].hint, HasSubstr("kind"));
  EXPECT_THAT(catalogue, SizeIs(0));
}

TEST(Catalogue, DropInsAddAndReplace) {
  const support::TempDir dir;
  dir.write("etc/catalogue.d/10.toml",
            "[[model]]\nname = \"silero-vad\"\nkind = \"vad\"\nruntime = \"mine\"\n"
            "[[model]]\nname = \"new\"\nkind = \"tts\"\n");
  dir.write("etc/catalogue.d/20.toml", "[[model]]\nname = 3\n");
  dir.write("etc/catalogue.d/note.txt", "[[model");
  std::vector<Error> errors;
  const Catalogue plain = read_catalogue({}, errors);
  const Catalogue catalogue = read_catalogue({dir / "etc", dir / "none"}, errors);
  EXPECT_EQ(catalogue.size(), plain.size() + 1);
  EXPECT_EQ(catalogue[0].runtime, "mine");
  EXPECT_EQ(catalogue.back().name, "new");
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0].where, HasSubstr("20.toml:2:8"));
}

}  // namespace
}  // namespace spillway::fit
