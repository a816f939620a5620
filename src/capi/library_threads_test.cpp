// Callbacks that hang, throw, come back or destroy, and moves in the middle of requests.

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/library_program.h"

namespace {

using namespace std::chrono_literals;
using spillway::Level;
using spillway::MemoryManager;
using spillway::Place;
using spillway::support::eventually;

class LibraryThreadsTest : public LibraryTest {
 protected:
  /// Destroys it at the first call and says so. The test may end before that call does: what it
  /// touches afterwards is its own.
  static auto destroying(std::optional<MemoryManager>& memory, std::promise<void> said) {
    return [&memory, said = std::make_shared<std::promise<void>>(std::move(said)),
            called = false]() mutable {
      if (std::exchange(called, true)) return;
      memory.reset();
      said->set_value();
    };
  }
};

TEST_F(LibraryThreadsTest, AModelsMovesAndItsRequestsExcludeEachOther) {
  fill(0.5);
  MemoryManager memory{options()};
  auto options = model("llm");
  int weights = 0;  // guarded by nothing but run()
  options.offload = [&](Place) {
    weights = 1;
    std::this_thread::yield();
    weights = 2;
    give(300'000);
  };
  std::atomic<int> restores = 0;
  options.restore = [&] {
    ++restores;
    give(-300'000);
  };
  auto llm = memory.register_model(options);
  memory.start_monitoring();
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        llm.run([&] { EXPECT_NE(weights, 1) << "a request saw a move halfway"; });
        ++answers;
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    llm.offload(30s);
    llm.restore(30s);
  }
  EXPECT_TRUE(eventually([&] { return answers > 10; }));
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(restores, 10);
}

TEST_F(LibraryThreadsTest, MayBeDestroyedInsideALevelCallback) {
  auto memory = std::make_optional<MemoryManager>(options());
  std::promise<void> said;
  const auto destroyed = said.get_future();
  memory->on(Level::warning, destroying(memory, std::move(said)));
  memory->start_monitoring();
  fill(0.85);
  EXPECT_EQ(destroyed.wait_for(10s), std::future_status::ready);
}

TEST_F(LibraryThreadsTest, MayBeDestroyedInsideATenantsCallback) {
  auto memory = std::make_optional<MemoryManager>(options());
  std::promise<void> said;
  const auto destroyed = said.get_future();
  auto options = model("llm");
  options.trim = destroying(memory, std::move(said));
  auto llm = memory->register_model(options);
  memory->start_monitoring();
  fill(0.85);
  EXPECT_EQ(destroyed.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(llm.run([] { return 5; }), 5) << "the model lives on, unguarded";
}

TEST_F(LibraryThreadsTest, MayBeDestroyedInsideTheLog) {
  auto chosen = options();
  std::optional<MemoryManager> memory;
  std::promise<void> said;
  const auto destroyed = said.get_future();
  chosen.log = [destroy = destroying(memory, std::move(said))](
                   spillway::LogSeverity, const std::string&) mutable { destroy(); };
  memory.emplace(chosen);
  memory->start_monitoring();
  fill(0.85);
  EXPECT_EQ(destroyed.wait_for(10s), std::future_status::ready);
}

TEST_F(LibraryThreadsTest, AHungCallbackCostsItsDeadlineAndTheOthersGoOn) {
  auto chosen = options();
  chosen.callback_deadline = 30ms;
  std::promise<void> release;
  std::promise<void> returned;
  std::atomic<int> hung_calls = 0;
  std::atomic<int> other_calls = 0;
  {
    MemoryManager memory{chosen};
    auto hanging = model("a-hanging");
    hanging.offload = [&] {
      ++hung_calls;
      release.get_future().wait();
      returned.set_value();
    };
    auto good = model("b-good");
    good.offload = [&] {
      ++other_calls;
      give(300'000);
    };
    auto a = memory.register_model(hanging);
    auto b = memory.register_model(good);
    memory.start_monitoring();
    fill(0.97);
    EXPECT_TRUE(eventually([&] { return hung_calls == 1 && other_calls == 1; }));
    EXPECT_TRUE(eventually([&] { return memory.level() < Level::emergency; }));
    EXPECT_EQ(hung_calls, 1) << "not asked again while it hangs";
  }  // the destructor leaves it behind
  release.set_value();
  returned.get_future().wait();
}

TEST_F(LibraryThreadsTest, AThrowingCallbackCostsItselfOnly) {
  MemoryManager memory{options()};
  auto bad = model("a-bad");
  bad.offload = [] { throw std::runtime_error("cudaMemcpy failed"); };
  auto good = model("b-good");
  good.offload = [&] { give(300'000); };
  auto a = memory.register_model(bad);
  auto b = memory.register_model(good);
  memory.on(Level::warning, [] { throw std::runtime_error("a broken listener"); });
  memory.start_monitoring();
  fill(0.97);
  EXPECT_TRUE(eventually([&] { return status_of(memory, "b-good").moved; }));
  EXPECT_FALSE(status_of(memory, "a-bad").moved);
  EXPECT_EQ(a.run([](Place where) { return where.name; }), "gpu");
}

TEST_F(LibraryThreadsTest, ACallbackMayComeBackToTheManager) {
  MemoryManager memory{options()};
  std::promise<int> code;
  std::once_flag once;
  auto options = model("llm");
  options.trim = [&] {
    std::call_once(once, [&] {
      EXPECT_EQ(memory.status().models().size(), 1);
      try {
        memory.free("injected:gpu", spillway::Bytes(1000));
        code.set_value(0);
      } catch (const spillway::Error& error) {
        code.set_value(error.code());
      }
    });
  };
  auto llm = memory.register_model(options);
  memory.start_monitoring();
  fill(0.85);
  auto answer = code.get_future();
  ASSERT_EQ(answer.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(answer.get(), SPILLWAY_E_BUSY) << "it would wait for itself";
}

TEST_F(LibraryThreadsTest, AModelMayGoWhileItIsAsked) {
  MemoryManager memory{options()};
  memory.start_monitoring();
  fill(0.85);
  for (int i = 0; i < 20; ++i) {
    auto options = model("brief");
    std::atomic<bool> gone = false;
    options.trim = [&] { EXPECT_FALSE(gone); };
    {
      auto brief = memory.register_model(options);
      std::this_thread::yield();
    }
    gone = true;  // no callback may run from here on
  }
}

TEST_F(LibraryThreadsTest, ManyThreadsMayUseOneManager) {
  MemoryManager memory{options()};
  memory.start_monitoring();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto mine = memory.register_model(model("m" + std::to_string(i)));
        mine.run([] {});
        mine.pin();
        mine.set_bytes(spillway::Bytes(round));
        mine.unpin();
        (void)memory.status().text();
        const int id = memory.on(Level::warning, [] {});
        memory.off(id);
      }
    });
  }
  for (int i = 0; i < 20; ++i) fill(i % 2 == 0 ? 0.9 : 0.1);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(memory.status().models().empty());
}

}  // namespace
