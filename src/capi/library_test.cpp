// MemoryManager and Model as a program sees them: through spillway.hpp and libspillway.so.

#include <cstdio>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/library_program.h"

namespace {

using namespace std::chrono_literals;
using namespace spillway::literals;
using spillway::Bytes;
using spillway::Level;
using spillway::MemoryManager;
using spillway::Place;
using spillway::Status;
using spillway::support::eventually;

/// How much of the library's code counts as this program's memory, and all of it, in KiB; by
/// /proc/self/smaps.
std::pair<long, long> code_of_the_library() {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  long size = 0, kib = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r-xp ") != std::string::npos) {
      inside = line.find("libspillway.so") != std::string::npos;
    }
    if (!inside) continue;
    if (std::sscanf(line.c_str(), "Size: %ld", &kib) == 1) size = kib;
    if (std::sscanf(line.c_str(), "Rss: %ld", &kib) == 1) return {kib, size};
  }
  return {};
}

TEST_F(LibraryTest, GivesBackTheCodeThatOnlyStartingNeeded) {
  fill(0.25);
  auto memory = MemoryManager(options());
  (void)memory.status().text();
  const long started = code_of_the_library().first;
  ASSERT_GT(started, 0);
  memory.start_monitoring();
  EXPECT_TRUE(eventually([&] { return code_of_the_library().first < started; }));
}

TEST_F(LibraryTest, StatusTellsWhatIsUsedAndFree) {
  fill(0.25);
  MemoryManager memory{options()};
  const Status status = memory.status();
  ASSERT_EQ(status.pools().size(), 2);
  const auto pool = status.pool("injected:gpu");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->used, Bytes(250'000));
  EXPECT_EQ(pool->total, Bytes(kCapacity));
  EXPECT_EQ(pool->free, Bytes(750'000));
  EXPECT_NEAR(pool->share.value_or(0), 0.25, 1e-9);
  EXPECT_EQ(pool->level, Level::normal);
  EXPECT_EQ(pool->reserved, std::nullopt) << "nobody knows";
  EXPECT_NE(status.json().find("\"spillway.status/1\""), std::string::npos);
  EXPECT_NE(status.text().find("(embedded)"), std::string::npos);
}

TEST_F(LibraryTest, CallsEveryCallbackOfEveryLevelThatIsPassed) {
  MemoryManager memory{options()};
  std::mutex mutex;
  std::vector<std::string> calls;
  const auto note = [&](std::string what) {
    const std::lock_guard lock(mutex);
    calls.push_back(std::move(what));
  };
  memory.on(Level::warning,
            [&](const Status& s) { note(std::string("warning at ") + name(s.level())); });
  memory.on(Level::warning, [&] { note("warning too"); });
  memory.on(Level::critical, [&] { note("critical"); });
  memory.on(Level::emergency, [&] { note("emergency"); });
  std::atomic<Level> latest = Level::normal;
  memory.on_change([&](Level now, const Status&) { latest = now; });
  memory.start_monitoring();
  ASSERT_TRUE(eventually([&] { return memory.level("injected:gpu").has_value(); }));
  EXPECT_EQ(memory.level(), Level::normal);
  fill(0.93);
  ASSERT_TRUE(eventually([&] { return latest == Level::critical; }));
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return calls.size() >= 3;
  }));
  memory.stop();
  EXPECT_EQ(calls, (std::vector<std::string>{"warning at critical", "warning too", "critical"}));
}

TEST_F(LibraryTest, ARemovedCallbackIsNotCalled) {
  MemoryManager memory{options()};
  std::atomic<int> removed = 0;
  std::atomic<int> kept = 0;
  const int id = memory.on(Level::warning, [&] { ++removed; });
  memory.on(Level::warning, [&] { ++kept; });
  memory.off(id);
  memory.start_monitoring();
  fill(0.85);
  EXPECT_TRUE(eventually([&] { return kept == 1; }));
  EXPECT_EQ(removed, 0);
}

TEST_F(LibraryTest, OffloadsUnderPressureAndServesFromTheCpu) {
  MemoryManager memory{options()};
  auto options = model("llm");
  std::atomic<int> trims = 0;
  std::atomic<int> offloads = 0;
  options.trim = [&] { ++trims; };
  options.offload = [&](Place to) {
    EXPECT_TRUE(to.cpu);
    ++offloads;
    give(300'000);
  };
  auto llm = memory.register_model(options);
  memory.start_monitoring();
  EXPECT_FALSE(llm.run([](Place where) { return where.cpu; }));
  fill(0.97);
  ASSERT_TRUE(eventually([&] { return status_of(memory, "llm").moved; }));
  EXPECT_GE(trims, 1) << "the cheaper rung came first";
  EXPECT_EQ(offloads, 1);
  EXPECT_TRUE(llm.run([](Place where) { return where.cpu; }));
  EXPECT_TRUE(eventually(
      [&] { return memory.status().json().find("given_back_bytes\": 3") != std::string::npos; }));
}

TEST_F(LibraryTest, ComesBackWhenAskedAndTellsTheLongestPause) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.offload = [] {};
  std::vector<std::string> order;
  options.restore = [&](Place to) { order.push_back("restore " + to.name); };
  options.release = [&](Place old) { order.push_back("release " + old.name); };
  auto llm = memory.register_model(options);
  memory.start_monitoring();
  llm.offload(10s);
  EXPECT_TRUE(status_of(memory, "llm").moved);
  llm.offload(10s);  // there already
  llm.restore(10s);
  EXPECT_FALSE(status_of(memory, "llm").moved);
  EXPECT_EQ(order, (std::vector<std::string>{"restore gpu", "release cpu"}));
  EXPECT_LT(status_of(memory, "llm").longest_restore_pause, 1s);
}

TEST_F(LibraryTest, MovesWithoutAMonitorThreadToo) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.offload = options.restore = [](Place) {};
  auto llm = memory.register_model(options);
  llm.offload(10s);
  EXPECT_TRUE(status_of(memory, "llm").moved);
  EXPECT_TRUE(memory.restore_all(10s));
  EXPECT_FALSE(status_of(memory, "llm").moved);
}

TEST_F(LibraryTest, APinnedModelIsNotMoved) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.offload = [] { FAIL() << "it is pinned"; };
  options.pinned = true;
  auto llm = memory.register_model(options);
  try {
    llm.offload(10s);
    FAIL() << "must be refused";
  } catch (const spillway::Error& error) {
    EXPECT_EQ(error.code(), SPILLWAY_E_REFUSED);
    EXPECT_NE(std::string(error.what()).find("pinned"), std::string::npos);
  }
}

TEST_F(LibraryTest, FreesMemoryOnRequestByTheCheapestWay) {
  fill(0.5);
  MemoryManager memory{options()};
  auto options = model("cache");
  options.trim = [&] {
    give(100'000);
    return Bytes(100'000);
  };
  options.offload = [] { FAIL() << "the trim was enough"; };
  auto cache = memory.register_model(options);
  cache.set_trimmable(Bytes(100'000));
  memory.start_monitoring();
  EXPECT_EQ(memory.free("injected:gpu", Bytes(80'000), 10s), Bytes(100'000));
  EXPECT_THROW(memory.free("injected:nothing", Bytes(-1)), spillway::Error);
}

TEST_F(LibraryTest, AHostWithALoopOfItsOwnStepsByItself) {
  MemoryManager memory{options()};
  std::atomic<bool> warned = false;
  memory.on(Level::warning, [&] { warned = true; });
  memory.step();
  fill(0.85);
  EXPECT_LE(memory.step(), 10ms);
  EXPECT_EQ(memory.level(), Level::warning);
  EXPECT_TRUE(eventually([&] { return warned.load(); }));
  EXPECT_GE(memory.wake_fd(), 0);
}

TEST_F(LibraryTest, ReportsUsageOfTheProgramsOwnAllocatorAndPeaks) {
  fill(0.5);
  MemoryManager memory{options()};
  memory.report_usage("injected:gpu", Bytes(400'000), Bytes(600'000));
  memory.report_usage("injected:gpu", Bytes(100'000), Bytes(500'000));
  memory.step();
  fill(0.2);
  memory.step();
  auto pool = memory.status().pool("injected:gpu");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->used, Bytes(200'000));
  EXPECT_EQ(pool->peak_used, Bytes(500'000));
  EXPECT_EQ(pool->allocated, Bytes(100'000));
  EXPECT_EQ(pool->peak_allocated, Bytes(400'000));
  memory.reset_peaks();
  pool = memory.status().pool("injected:gpu");
  EXPECT_EQ(pool->peak_used, Bytes(200'000));
  EXPECT_EQ(pool->peak_allocated, Bytes(100'000));
}

TEST_F(LibraryTest, HandsOutAReadableReportNowAndThen) {
  MemoryManager memory{options()};
  std::promise<std::string> first;
  std::once_flag once;
  const int id = memory.on_report(
      [&](const std::string& text) { std::call_once(once, [&] { first.set_value(text); }); }, 20ms);
  memory.start_monitoring();
  auto report = first.get_future();
  ASSERT_EQ(report.wait_for(10s), std::future_status::ready);
  EXPECT_NE(report.get().find("injected:gpu"), std::string::npos);
  memory.off(id);  // waits for a call that still uses what goes first
}

TEST_F(LibraryTest, LoadsALazyModelAtItsFirstUseOnce) {
  MemoryManager memory{options()};
  auto options = model("lazy");
  options.loaded = false;
  std::atomic<int> loads = 0;
  options.restore = [&] { ++loads; };
  auto lazy = memory.register_model(options);
  memory.start_monitoring();
  EXPECT_EQ(status_of(memory, "lazy").place.name, "");
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] { EXPECT_EQ(lazy.run([](Place p) { return p.name; }), "gpu"); });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(loads, 1);
}

TEST_F(LibraryTest, ALazyModelMakesRoomBeforeItLoads) {
  fill(0.60);
  MemoryManager memory{options()};
  auto options = model("old");
  options.offload = [&] { give(300'000); };
  auto old = memory.register_model(options);
  auto lazy_options = model("new");
  lazy_options.loaded = false;
  lazy_options.restore = [] {};
  auto lazy = memory.register_model(lazy_options);
  memory.start_monitoring();
  lazy.run([] {});
  EXPECT_TRUE(status_of(memory, "old").moved) << "0.60 + 0.30 does not fit below the warning level";
}

TEST_F(LibraryTest, ALoadThatFailsIsTheCallersErrorAndLeavesTheRestRunning) {
  MemoryManager memory{options()};
  auto options = model("lazy");
  options.loaded = false;
  options.restore = [] { throw std::runtime_error("the file is gone"); };
  auto lazy = memory.register_model(options);
  auto other = memory.register_model(model("other"));
  memory.start_monitoring();
  try {
    lazy.run([] {});
    FAIL() << "must throw";
  } catch (const spillway::Error& error) {
    EXPECT_NE(std::string(error.what()).find("the file is gone"), std::string::npos);
  }
  EXPECT_EQ(other.run([] { return 1; }), 1);
}

TEST_F(LibraryTest, AModelThatHadToStartSmallGrowsWhenThereIsRoom) {
  fill(0.65);
  MemoryManager memory{options()};
  auto options = model("llm");
  options.loaded = false;
  options.restore = [] {};
  options.variants = {{"large", spillway::Bytes(300'000)}, {"small", spillway::Bytes(50'000)}};
  auto llm = memory.register_model(options);
  memory.start_monitoring();
  EXPECT_EQ(llm.run([](Place p) { return p.name; }), "small");
  EXPECT_TRUE(status_of(memory, "llm").moved);
  fill(0.10);
  EXPECT_TRUE(memory.restore_all(10s));
  EXPECT_EQ(llm.run([](Place p) { return p.name; }), "large");
}

TEST_F(LibraryTest, AfterTooManyErrorsAnUnloadedModelIsLoadedForTheCpu) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.loaded = false;
  std::string loaded_at;
  options.restore = [&](Place to) { loaded_at = to.name; };
  auto llm = memory.register_model(options);
  for (int i = 0; i < 3; ++i) llm.handle_error(std::bad_alloc());
  EXPECT_EQ(llm.run([](Place p) { return p.name; }), "cpu");
  EXPECT_EQ(loaded_at, "cpu");
  llm.reset_errors();
  llm.restore(10s);
  EXPECT_EQ(llm.run([](Place p) { return p.name; }), "gpu");
}

TEST_F(LibraryTest, UnloadsWhatNobodyUsedForAsLongAsItSaid) {
  MemoryManager memory{options()};
  auto options = model("idle");
  options.idle_unload = 30ms;
  std::atomic<int> unloads = 0;
  options.unload = [&] { ++unloads; };
  options.restore = [] {};
  auto idle = memory.register_model(options);
  memory.start_monitoring();
  EXPECT_TRUE(eventually([&] { return unloads == 1; }));
  EXPECT_TRUE(eventually([&] { return status_of(memory, "idle").place.name.empty(); }));
  EXPECT_EQ(idle.run([](Place p) { return p.name; }), "gpu") << "and loads it again";
}

TEST_F(LibraryTest, TwoModelsOfOneNameAreToldApart) {
  MemoryManager memory{options()};
  auto one = memory.register_model(model("stt"));
  auto two = memory.register_model(model("stt"));
  EXPECT_EQ(one.name(), "stt");
  EXPECT_EQ(two.name(), "stt#2");
}

TEST_F(LibraryTest, NonsenseIsRefusedWithWords) {
  MemoryManager memory{options()};
  const auto refused = [&](const spillway::ModelOptions& options, const char* word) {
    try {
      auto made = memory.register_model(options);
      FAIL() << word;
    } catch (const spillway::Error& error) {
      EXPECT_EQ(error.code(), SPILLWAY_E_INVALID);
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refused(model(""), "name");
  auto negative = model("a");
  negative.variants[0].bytes = Bytes(-1);
  refused(negative, "negative");
  auto twice = model("a");
  twice.variants = {{"fp16", 2_GB}, {"fp16", 1_GB}};
  refused(twice, "two variants");
  EXPECT_THROW(MemoryManager({.warning = 2.0}), spillway::Error);
}

TEST_F(LibraryTest, WhatAProgramPreservedIsThereAfterKill9) {
  const spillway::support::Child child([&] {
    MemoryManager memory{options()};
    auto options = model("stt");
    options.preserve = [] { return std::string("half a sentence"); };
    auto stt = memory.register_model(options);
    memory.preserve_all(10s);
    directory_.write("acknowledged", "");
    spillway::support::Child::sleep_forever();
  });
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(directory_ / "acknowledged"); }));
  child.kill(SIGKILL);
  MemoryManager memory{options()};
  EXPECT_EQ(memory.restored_state("stt"), "half a sentence");
  EXPECT_EQ(memory.restored_state("tts"), std::nullopt);
  memory.forget_state("stt");
  EXPECT_EQ(memory.restored_state("stt"), std::nullopt);
}

TEST_F(LibraryTest, TheLogTellsCauseActAndEffect) {
  auto chosen = options();
  std::mutex mutex;
  std::string lines;
  chosen.log = [&](spillway::LogSeverity, const std::string& line) {
    const std::lock_guard lock(mutex);
    lines += line + "\n";
  };
  {
    MemoryManager memory{chosen};
    auto options = model("llm");
    options.offload = [&] { give(300'000); };
    auto llm = memory.register_model(options);
    memory.start_monitoring();
    fill(0.97);
    ASSERT_TRUE(eventually([&] { return status_of(memory, "llm").moved; }));
    ASSERT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex);
      return lines.find("claimed injected:gpu") != std::string::npos;
    }));
  }
  EXPECT_NE(lines.find("injected:gpu normal -> "), std::string::npos) << lines;
  EXPECT_NE(lines.find("offload of llm"), std::string::npos) << lines;
}

}  // namespace
