#include "context/scanner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "context/text.h"

namespace spillway::context {
namespace {

using nlohmann::json;

/// The compact size, or nothing for what is no JSON.
std::optional<std::uint64_t> compact(std::string_view text) {
  Scanner scanner(text);
  const Value value = scanner.value();
  if (scanner.ok()) scanner.finish();
  return scanner.ok() ? std::optional(value.compact) : std::nullopt;
}

TEST(ContextScanner, CountsTheBytesOfTheCompactText) {
  for (const std::string text : {R"({ "a" : [ 1, -2.5 , true,false ,null ] , "b" : {} })",
                                 R"("\u00e9\/\n\u0007\ud83d\ude00")", R"([[],[[]],{"x":[{}]}])",
                                 R"("grün 🙂 \"quoted\" \\ ")", "  0 ", "\"\x7f\""}) {
    const json parsed = json::parse(text);
    EXPECT_EQ(compact(text), parsed.dump().size()) << text;
  }
}

TEST(ContextScanner, TellsWhatIsNoJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "[1 2]",
                                      "01",
                                      "1.",
                                      "-",
                                      "1e",
                                      ".5",
                                      "nul",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"a\nb\"",
                                      "\"open",
                                      "\"\xff\"",
                                      "\"\xc0\xaf\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xe2\x82",
                                      "1 2",
                                      "]",
                                      "[}",
                                      "{\"a\":1]",
                                      "\"\\"}) {
    EXPECT_EQ(compact(text), std::nullopt) << text;
  }
  EXPECT_EQ(compact(std::string_view("\"a\0b\"", 5)), std::nullopt);
}

TEST(ContextScanner, ADepthBombIsAnError) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  Scanner scanner(deep);
  scanner.value();
  ASSERT_FALSE(scanner.ok());
  EXPECT_EQ(scanner.error().code, Errc::invalid);
  EXPECT_NE(scanner.error().what.find("too deeply"), std::string::npos);
}

TEST(ContextScanner, ASurrogateAloneIsPassedOn) {
  EXPECT_EQ(compact(R"("\ud800")"), 8U);
  EXPECT_EQ(compact(R"("\ude00\ud83dx")"), 15U);
}

/// Any text that another parser takes, and any that it does not.
TEST(ContextScanner, AgreesWithAnotherParser) {
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\",:0123.eE+-\\ntruefalsu/ \xc3\xa9\x80";
  for (int i = 0; i < 300'000; ++i) {
    std::string text;
    const std::size_t size = random() % 12;
    for (std::size_t k = 0; k < size; ++k) text += alphabet[random() % alphabet.size()];
    const json parsed = json::parse(text, nullptr, false);
    const bool may_be_huge =
        text.find_first_of("eE") != text.npos;  // that parser has a limit there
    if (may_be_huge && compact(text)) continue;
    ASSERT_EQ(compact(text).has_value(), !parsed.is_discarded()) << text;
  }
}

TEST(ContextText, HeadAndTailSplitNothing) {
  const std::string inner = R"(a\n\u00e9\ud83d\ude00é🙂z)";
  for (std::size_t size = 0; size <= inner.size(); ++size) {
    for (const std::string_view part : {head_of(inner, size), tail_of(inner, size)}) {
      EXPECT_LE(part.size(), size);
      EXPECT_TRUE(compact('"' + std::string(part) + '"').has_value()) << part;
    }
  }
  EXPECT_EQ(head_of(inner, inner.size()), inner);
  EXPECT_EQ(tail_of(inner, inner.size()), inner);
  EXPECT_EQ(head_of(R"(\ud83d\ude00)", 11), "");
}

TEST(ContextText, IsDecodedAndEncoded) {
  EXPECT_EQ(decoded(R"(a\n\u00e9\ud83d\ude00\/)"), "a\né😀/");
  EXPECT_EQ(encoded("a\n\"é"), R"(a\n\"é)");
  EXPECT_EQ(decoded(R"(\ud800)"), "\xed\xa0\x80");
}

}  // namespace
}  // namespace spillway::context
