#include "base/log.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace spillway {
namespace {

/// Collects lines; while `gate` is held the sink hangs, as a full terminal would.
struct Sink {
  std::mutex gate;
  std::vector<LogLine> lines;

  Log::Sink take() {
    return [this](const LogLine& line) {
      const std::lock_guard wait(gate);
      lines.push_back(line);
    };
  }
};

TEST(Log, DeliversInOrderAndDrainsOnDestruction) {
  Sink sink;
  {
    Log log(sink.take());
    for (int i = 0; i < 100; ++i) log.write(Severity::info, std::to_string(i));
  }
  ASSERT_EQ(sink.lines.size(), 100);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(sink.lines[i].text, std::to_string(i));
}

TEST(Log, LeavesOutWhatIsBelowTheThreshold) {
  Sink sink;
  {
    Log log(sink.take());
    log.set_threshold(Severity::warning);
    log.write(Severity::info, "no");
    log.write(Severity::warning, "yes");
  }
  ASSERT_EQ(sink.lines.size(), 1);
  EXPECT_EQ(sink.lines[0].text, "yes");
}

TEST(Log, AHangingSinkCostsLinesButNeverTheCaller) {
  Sink sink;
  {
    Log log(sink.take(), 1000);
    {
      const std::lock_guard hang(sink.gate);
      for (int i = 0; i < 1000; ++i) log.write(Severity::info, "a line of some length");
      EXPECT_GT(log.dropped(), 900U);
    }
  }
  ASSERT_LT(sink.lines.size(), 100);
  std::uint64_t reported = 0;
  std::uint64_t delivered = 0;
  for (const LogLine& line : sink.lines) {
    const bool is_report = line.text.find("dropped") != std::string::npos;
    is_report ? reported += std::stoull(line.text) : ++delivered;
  }
  EXPECT_EQ(reported + delivered, 1000U);
}

TEST(Log, EmptyLinesFillTheQueueToo) {
  Sink sink;
  Log log(sink.take(), 1000);
  const std::lock_guard hang(sink.gate);
  for (int i = 0; i < 1000; ++i) log.write(Severity::info, "");
  EXPECT_GT(log.dropped(), 0U);
}

TEST(Log, ManyWritersAtOnceLoseNothingUncounted) {
  Sink sink;
  std::uint64_t dropped = 0;
  {
    Log log(sink.take(), 1 << 20);
    std::vector<std::future<void>> writers;
    for (int w = 0; w < 4; ++w) {
      writers.push_back(std::async(std::launch::async, [&log] {
        for (int i = 0; i < 250; ++i) log.write(Severity::info, "x");
      }));
    }
    for (auto& writer : writers) writer.get();
    dropped = log.dropped();
  }
  EXPECT_EQ(sink.lines.size() + dropped, 1000U);
}

TEST(Log, SeveritiesHaveNames) {
  EXPECT_STREQ(name(Severity::debug), "debug");
  EXPECT_STREQ(name(Severity::error), "error");
}

}  // namespace
}  // namespace spillway
