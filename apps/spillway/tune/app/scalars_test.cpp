#include "tune/app/scalars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

using testing::ElementsAre;

/// "a.b=text" of each, and that the text stands where it is said to.
std::vector<std::string> found(std::string_view file, AppFormat format) {
  std::vector<std::string> all;
  const auto scalars = app_scalars(file, format, "file");
  if (!scalars) return {"error: " + to_string(scalars.error())};
  for (const AppScalar& scalar : *scalars) {
    std::string path;
    for (const std::string& key : scalar.path) path += (path.empty() ? "" : ".") + key;
    all.push_back(path + "=" + scalar.text);
    EXPECT_EQ(file.substr(scalar.begin, scalar.end - scalar.begin), scalar.text) << path;
  }
  return all;
}

TEST(AppScalars, AreFoundInJson) {
  EXPECT_THAT(
      found("{\n\t\"a\":1,\r\n\t\"b\": {\"c\" : [true, {\"d\": \"x\"}]},\n  \"\xC3\xA9\": 1.5}",
            AppFormat::json),
      ElementsAre("a=1", "b.c=true", "b.c.d=x", "\xC3\xA9=1.5"));
  EXPECT_THAT(found("{\"face\": \"\\ud83d\\ude00\", \"n\": 2}", AppFormat::json),
              ElementsAre("n=2"));
}

TEST(AppScalars, AreFoundInYaml) {
  EXPECT_THAT(found("\xEF\xBB\xBF# \xC3\xA9\nservice: &base\n  workers: 4   # four\n  name: 'a'\n"
                    "list:\n- 1\n- k: \"2\"\nother: *base\nempty:\nblock: |\n  x\n  y\n",
                    AppFormat::yaml),
              ElementsAre("service.workers=4", "service.name=a", "list=1", "list.k=2"));
}

TEST(AppScalars, AreFoundInToml) {
  EXPECT_THAT(found("# \xC3\xA9\na = 1_000 # x\nb.c = \"s\"\n[t]\n\"\xC3\xA9\" = 0.5\nl = "
                    "[1,2]\n[[u]]\nz = true\n",
                    AppFormat::toml),
              ElementsAre("a=1_000", "b.c=s", "t.\xC3\xA9=0.5", "t.l=1", "t.l=2", "u.z=true"));
}

TEST(AppScalars, SayWhereAFileIsMalformed) {
  EXPECT_EQ(app_scalars("a: [1\nb", AppFormat::yaml, "f.yaml").error().code, Errc::invalid);
  EXPECT_THAT(app_scalars("a = ", AppFormat::toml, "f.toml").error().where,
              testing::StartsWith("f.toml:1:"));
  EXPECT_THAT(app_scalars("{\"a\": }}", AppFormat::json, "f.json").error().where,
              testing::StartsWith("f.json:1:"));
}

TEST(AppScalars, SurviveHostileFiles) {
  std::string bomb = "a: &a [x,x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ",*" +
            static_cast<char>(c - 1) + "]\n";
  }
  EXPECT_TRUE(app_scalars(bomb, AppFormat::yaml, "f"));
  EXPECT_EQ(app_scalars(std::string(100'000, '['), AppFormat::yaml, "f").error().what,
            "nested too deeply");
  for (const AppFormat format : {AppFormat::json, AppFormat::toml, AppFormat::yaml}) {
    for (const std::string& text :
         {std::string(), std::string(100'000, '['), std::string(100'000, '{'),
          std::string(64, '\0'), std::string("\\u"), std::string("\"\\u12"),
          std::string("a\xFF: \x80"), std::string("\"")}) {
      (void)app_scalars(text, format, "f");
    }
  }
}

TEST(AppFormat, IsToldByNameOrBeginning) {
  EXPECT_EQ(app_format("a.yml", "{}"), AppFormat::yaml);
  EXPECT_EQ(app_format("a.json", ""), AppFormat::json);
  EXPECT_EQ(app_format("conf", " {\"a\": 1}"), AppFormat::json);
  EXPECT_EQ(app_format("conf", "a = 1\n"), AppFormat::toml);
  EXPECT_EQ(app_format("conf", "a: 1\n"), AppFormat::yaml);
}

}  // namespace
}  // namespace spillway
