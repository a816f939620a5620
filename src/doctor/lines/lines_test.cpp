#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

#include "doctor/explain/mask.h"
#include "doctor/lines/line.h"
#include "doctor/lines/marks.h"
#include "doctor/lines/reader.h"
#include "doctor/lines/scan.h"
#include "doctor/lines/stamp.h"
#include "doctor/testing/explained_test.h"
#include "tests/support/temp_dir.h"

namespace spillway::doctor {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  LineReader reader("x", std::make_unique<TextBytes>(text, piece));
  std::vector<std::string> lines;
  while (reader.next()) lines.emplace_back(reader.line());
  return lines;
}

TEST(LineReader, GivesEveryLineHoweverTheBytesArrive) {
  const std::string text = "one\n\nthree\0x\nfour"s;
  for (const std::size_t piece : {1, 2, 3, 100}) {
    EXPECT_THAT(lines_of(text, piece), ElementsAre("one", "", "three\0x"s, "four"));
  }
  EXPECT_THAT(lines_of("", 1), testing::IsEmpty());
  EXPECT_THAT(lines_of("\n", 1), ElementsAre(""));
}

TEST(LineReader, CutsWhatIsTooLongAndCountsIt) {
  const std::string text = std::string(10'000'000, 'x') + "\nnext\n";
  LineReader reader("x", std::make_unique<TextBytes>(text, 1 << 16));
  std::size_t bytes = 0;
  std::string last;
  while (reader.next()) {
    EXPECT_LE(reader.line().size(), LineReader::kLongest);
    bytes += reader.line().size();
    last = reader.line();
  }
  EXPECT_EQ(bytes, text.size() - 2);
  EXPECT_EQ(last, "next");
  EXPECT_EQ(reader.number(), 2);
  EXPECT_EQ(reader.cut_lines(), 1);
}

TEST(LineReader, RemembersWholeLinesBefore) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  LineReader reader("x", std::make_unique<TextBytes>(text, 1000));
  for (int i = 0; reader.next(); ++i) {
    if (i % 997 != 0 || i == 0) continue;
    std::string_view history = reader.history();
    EXPECT_LE(history.size(), LineReader::kHistory);
    EXPECT_TRUE(history.starts_with("line ")) << history.substr(0, 20);
    EXPECT_EQ(last_line(history), "line " + std::to_string(i - 1));
  }
}

std::string zipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr const char* kOom =
    "RuntimeError: CUDA out of memory. Tried to allocate 48.00 MiB (GPU 0; 11.17 GiB total "
    "capacity; 10.63 GiB "
    "already allocated; 15.81 MiB free; 10.70 GiB reserved in total by PyTorch)\n";

TEST(Gzip, IsReadAsPlainTextIs) {
  const support::TempDir dir;
  const auto document =
      explained_file(dir.write("log.gz", zipped("a\n" + std::string(kOom)) + zipped("b\n")));
  EXPECT_EQ(document["events"].size(), 1);
  EXPECT_EQ(document["lines"], 3);
  EXPECT_TRUE(document["notes"].empty());
}

TEST(Gzip, WhatBreaksOffCountsAsFarAsItGoesAndIsSaid) {
  const support::TempDir dir;
  std::string noise;
  for (int i = 0; i < 50'000; ++i) noise += std::to_string(i * 7919 % 100003) + "\n";
  const std::string whole = zipped(kOom + noise);
  for (const std::size_t size : {whole.size() / 2, whole.size() - 9, whole.size() - 1}) {
    const auto document = explained_file(dir.write("log.gz", whole.substr(0, size)));
    EXPECT_EQ(document["events"].size(), 1) << size;
    EXPECT_FALSE(document["notes"].empty()) << size;
  }
  std::string broken = whole;
  broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 0x55);
  EXPECT_FALSE(explained_file(dir.write("bad.gz", broken))["notes"].empty());
}

TEST(Gzip, ABombCostsTimeOnly) {
  const support::TempDir dir;
  const auto document = explained_file(dir.write("bomb.gz", zipped(std::string(64 << 20, '\0'))));
  EXPECT_EQ(document["bytes"], 64 << 20);
}

TEST(Source, NamesWhatCannotBeRead) {
  EXPECT_EQ(open_bytes("/nonexistent").error().code, Errc::not_found);
  EXPECT_FALSE(open_bytes("/").has_value());
}

TEST(MarkSet, FindsWhatPlainSearchFinds) {
  const std::vector<std::string> marks{"NVRM: Xid", "out of memory", " memory is",
                                       "abcdefgh",  "bcdefghi",      "xxxxxxxx"};
  MarkSet set;
  for (std::size_t i = 0; i < marks.size(); ++i) set.add(marks[i], i);
  set.prepare();
  for (const std::string text :
       {"", "abcdefg", "abcdefghi", "an out of memory is, NVRM: Xid", "out of memor", "xxxxxxxxx",
        "xxxxxxx", "..abcdefgh", "\xff\xfe\xfd\xff\xfe\xfdNVRM: Xid"}) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      EXPECT_EQ(set.find(text)[i], text.find(marks[i]) != std::string::npos)
          << text << " / " << marks[i];
    }
  }
}

TEST(Stamp, IsReadFromEveryPrefix) {
  using Line = Stamp::Line;
  const auto wall = stamp_of("2026-06-19T16:23:33.5+02:00 host kernel: x");
  EXPECT_EQ(wall.line, Line::wall);
  EXPECT_EQ(moment(wall), "2026-06-19T14:23:33.500Z");
  EXPECT_EQ(moment(stamp_of("[GIN] 2026/03/21 - 23:22:17 | 500 |")), "2026-03-21T23:22:17.000Z");
  EXPECT_EQ(moment(stamp_of("time=2026-03-21T23:22:17.155-05:00 level=INFO")),
            "2026-03-22T04:22:17.155Z");
  EXPECT_EQ(moment(stamp_of("[Thu Jun 19 16:23:33 2026] x")), "2026-06-19T16:23:33.000Z");
  EXPECT_EQ(stamp_of("[   30.745678] x").seconds, 30.745678);
  EXPECT_EQ(stamp_of("6,1234,30745678,-;x").seconds, 30.745678);
  EXPECT_EQ(stamp_of("Dec  9 21:47:11 host kernel: [3217913.6] x").text, "Dec  9 21:47:11");
  EXPECT_EQ(stamp_of("(EngineCore pid=1) ERROR 03-03 19:38:29 [core.py]").text, "03-03 19:38:29");
  EXPECT_EQ(stamp_of("10:52:29 host systemd-oomd[1]: x").text, "10:52:29");
  EXPECT_EQ(stamp_of("no time at 99:99:99 or 2026-99-99").line, Line::none);
  EXPECT_FALSE(stamp_of("[ 1.5] x").since(stamp_of("10:52:29 x")));
}

TEST(Scan, ReadsAmountsAsProgramsPrintThem) {
  EXPECT_EQ(rounded(leading_amount("6.37 GiB.")), Bytes{6839735419});
  EXPECT_EQ(rounded(leading_amount("615.4MiB")), Bytes{645293670});
  EXPECT_EQ(rounded(leading_amount("0 bytes is")), Bytes{0});
  EXPECT_EQ(rounded(leading_amount("8,000,000,000 bytes")), Bytes{8'000'000'000});
  EXPECT_EQ(rounded(leading_amount("21.49G of")), rounded(21.49 * 0x1p30));
  EXPECT_EQ(rounded(leading_amount("9007199254740988kB")), Bytes{9007199254740988 * 1024});
  EXPECT_EQ(rounded(leading_amount("99999999999999999999 TiB")), Bytes::limit(false));
  EXPECT_FALSE(leading_amount("12 Gigs"));
  EXPECT_FALSE(leading_amount("12"));
  EXPECT_FALSE(leading_amount("-"));
  EXPECT_EQ(rounded(amount_before("; 10.63 GiB already allocated", " already")),
            rounded(10.63 * 0x1p30));
  EXPECT_FALSE(amount_before("free;", " free;"));
  EXPECT_EQ(leading_decimal("-0.3 GiB"), -0.3);
}

TEST(Mask, HidesKeysAndKeepsTheLine) {
  EXPECT_EQ(masked("GET /v1 key=sk-abcdefghijklmnop1234 done"), "GET /v1 key=sk-a[...] done");
  EXPECT_THAT(masked("Authorization: Bearer abcdefg"), Not(HasSubstr("cdefg")));
  EXPECT_THAT(masked("HF token: hunterhunter"), Not(HasSubstr("erhunter")));
  EXPECT_THAT(masked("id 34186d9bd07706222bd427bb647ceed81e8e"), HasSubstr("3418[...]"));
  const std::string plain =
      "ggml_backend_cuda_buffer_type_alloc_buffer: 1401.75 MiB on device 0, 2026-01-01T00:00:00Z";
  EXPECT_EQ(masked(plain), plain);
  EXPECT_EQ(masked("\x1b[31m\xff \t<b>"), "?[31m?  <b>");
  EXPECT_LE(masked(std::string(5000, ' ')).size(), 410);
}

TEST(Texts, JsonRecordsAreUnwrapped) {
  Texts texts;
  EXPECT_THAT(texts.of(R"({"log":"a\nb\n","time":"T"})"), ElementsAre("T a", "T b"));
  EXPECT_THAT(texts.of("{not json}"), ElementsAre("{not json}"));
  EXPECT_THAT(texts.of("10%\r20%\r\x1b[1mdone\x1b[0m"), ElementsAre("10%", "20%", "done"));
}

}  // namespace
}  // namespace spillway::doctor
