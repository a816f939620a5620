#include "fit/files/header_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

TEST(HeaderReaderTest, ReadsForwardAndJumpsWithoutReadingWhatItPasses) {
  const support::TempDir dir;
  const std::string path = dir.write("file", std::string("\x01\x02\x00\x00\x00", 5));
  std::filesystem::resize_file(path, std::uint64_t{1} << 40);
  auto in = HeaderReader::open(path);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->u8(), 1);
  EXPECT_EQ(in->u32(), 2U);
  in->seek((std::uint64_t{1} << 40) - 8);
  EXPECT_EQ(in->u64(), 0U);
  EXPECT_EQ(in->left(), 0U);
  EXPECT_TRUE(in->ok());
  EXPECT_LT(in->bytes_read(), Bytes{10'000});
}

TEST(HeaderReaderTest, FailsAtTheByteAndStaysFailed) {
  HeaderReader in = HeaderReader::over("abcd", "name");
  EXPECT_EQ(in.u16(), 0x6261);
  EXPECT_EQ(in.u64(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_EQ(in.at(), 2U);
  EXPECT_EQ(in.error().value().where, "name: byte 2");
  EXPECT_EQ(in.text(1, 1), "");
  EXPECT_EQ(in.ahead(), "");
}

TEST(HeaderReaderTest, AsksForNoMemoryThatTheFileDoesNotHave) {
  for (const std::uint64_t length : {std::uint64_t{5}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    HeaderReader in = HeaderReader::over("abcd", "name");
    EXPECT_EQ(in.text(length, ~std::uint64_t{0}), "");
    EXPECT_FALSE(in.ok());
    HeaderReader jumps = HeaderReader::over("abcd", "name");
    jumps.skip(length);
    EXPECT_FALSE(jumps.ok());
  }
  HeaderReader limited = HeaderReader::over("abcd", "name");
  EXPECT_EQ(limited.text(4, 3), "");
  EXPECT_FALSE(limited.ok());
}

TEST(HeaderReaderTest, OfNothingNothingIsAhead) {
  HeaderReader in = HeaderReader::over({}, "name");
  EXPECT_EQ(in.ahead(), "");
  EXPECT_EQ(in.peek(4), "");
  EXPECT_TRUE(in.ok());
}

TEST(HeaderReaderTest, TextsLongerThanAWindowArePutTogether) {
  const support::TempDir dir;
  std::string long_text;
  for (int i = 0; i < 200'000; ++i) long_text += std::to_string(i);
  auto in = HeaderReader::open(dir.write("file", long_text));
  ASSERT_TRUE(in);
  EXPECT_EQ(in->peek(5), "01234");
  EXPECT_EQ(in->text(long_text.size(), long_text.size()), long_text);
}

TEST(HeaderReaderTest, APartIsAFileOfItsOwn) {
  const HeaderReader whole = HeaderReader::over("0123456789", "name");
  HeaderReader part = whole.part(4, 3);
  EXPECT_EQ(part.text(3, 3), "456");
  EXPECT_EQ(part.u8(), 0);
  EXPECT_EQ(part.error().value().where, "name: byte 7");
  EXPECT_EQ(whole.part(8, 100).size(), 2U);
  EXPECT_EQ(whole.part(100, 1).size(), 0U);
  EXPECT_EQ(whole.part(4, 6).part(2, 2).text(0, 1), "");
}

TEST(HeaderReaderTest, WaitsForNoPipeAndReadsNoDevice) {
  const support::TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(dir / "loop", dir / "loop");
  for (const std::string& path : {dir / "pipe", std::string("/dev/zero"), dir.path(), dir / "loop",
                                  dir / "nothing", std::string("/dev/tty")}) {
    EXPECT_FALSE(HeaderReader::open(path)) << path;
  }
  EXPECT_EQ(HeaderReader::open(dir / "nothing").error().code, Errc::not_found);
}

}  // namespace
}  // namespace spillway::fit
