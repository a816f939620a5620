#include "wire/line_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spillway {
namespace {

std::vector<std::string> lines_of(LineBuffer& buffer) {
  std::vector<std::string> lines;
  while (const auto line = buffer.next()) lines.emplace_back(*line);
  return lines;
}

TEST(LineBuffer, GivesWholeLinesHoweverTheyArrive) {
  const std::string stream = "one\ntwo\r\n\n\r\nthree\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    LineBuffer buffer(100);
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(buffer.append(stream.substr(at, piece)));
      for (auto& line : lines_of(buffer)) got.push_back(line);
    }
    EXPECT_EQ(got, (std::vector<std::string>{"one", "two", "three"})) << "pieces of " << piece;
    EXPECT_EQ(buffer.size(), 0);
  }
}

TEST(LineBuffer, KeepsHalfALineForLater) {
  LineBuffer buffer(100);
  ASSERT_TRUE(buffer.append("{\"id\":"));
  EXPECT_FALSE(buffer.ready());
  EXPECT_FALSE(buffer.next());
  EXPECT_EQ(buffer.size(), 6);
  ASSERT_TRUE(buffer.append("1}\n"));
  EXPECT_TRUE(buffer.ready());
  EXPECT_EQ(buffer.next(), "{\"id\":1}");
}

TEST(LineBuffer, RefusesALineWithoutEnd) {
  LineBuffer buffer(10);
  EXPECT_TRUE(buffer.append("0123456789"));
  EXPECT_FALSE(buffer.append("x"));
}

TEST(LineBuffer, HoldsNothingOfALongStreamOfEmptyLines) {
  LineBuffer buffer(10);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(buffer.append("\n\r\n\n\n"));
    EXPECT_FALSE(buffer.ready());
    EXPECT_FALSE(buffer.next());
    EXPECT_EQ(buffer.size(), 0);
  }
}

TEST(LineBuffer, TakesBinaryAsItComes) {
  LineBuffer buffer(100);
  const std::string binary("\0\xff\x80z\n\0\n", 7);
  ASSERT_TRUE(buffer.append(binary));
  EXPECT_EQ(buffer.next(), std::string_view(binary).substr(0, 4));
  EXPECT_EQ(buffer.next(), std::string_view("\0", 1));
  EXPECT_FALSE(buffer.next());
}

}  // namespace
}  // namespace spillway
