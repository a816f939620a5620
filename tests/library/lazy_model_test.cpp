// LazyModel: loaded at the first use, by one thread however many ask; unloaded when idle or needed.

#include "spillway/lazy_model.hpp"

#include <array>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/library_program.h"

namespace {

using namespace std::chrono_literals;
using spillway::Bytes;
using spillway::Error;
using spillway::LazyModel;
using spillway::LazyOptions;
using spillway::Loadable;
using spillway::MemoryManager;
using spillway::support::eventually;

/// Weights that tell how many of them there are.
struct Weights {
  explicit Weights(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~Weights() { --alive_; }
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;
  int answer() const { return 42; }

 private:
  std::atomic<int>& alive_;
};

class LazyModelTest : public LibraryTest {
 protected:
  static LazyOptions lazy(std::string name, std::int64_t bytes = 300'000) {
    LazyOptions out;
    out.name = std::move(name);
    out.pool = "injected:gpu";
    out.bytes = Bytes(bytes);
    out.idle_unload = 0ms;
    return out;
  }

  LazyModel<Weights>::Loader loader() {
    return [this] {
      ++loads_;
      return std::make_unique<Weights>(alive_);
    };
  }
  static int ask(LazyModel<Weights>& model) {
    return model.use([](Weights& weights) { return weights.answer(); });
  }

  std::atomic<int> loads_ = 0;
  std::atomic<int> alive_ = 0;
};

TEST_F(LazyModelTest, IsLoadedAtItsFirstUseAndStays) {
  MemoryManager memory{options()};
  LazyModel<Weights> model(memory, lazy("stt"), loader());
  EXPECT_FALSE(model.loaded());
  EXPECT_EQ(status_of(memory, "stt").bytes, Bytes(0));
  EXPECT_EQ(loads_, 0);
  EXPECT_EQ(ask(model), 42);
  EXPECT_EQ(ask(model), 42);
  EXPECT_TRUE(model.loaded());
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(status_of(memory, "stt").bytes, Bytes(300'000));
}

TEST_F(LazyModelTest, ManyThreadsLoadItOnceAndWaitForItLongerThanForAnyOtherCallback) {
  constexpr int kClients = 8;
  auto chosen = options();
  chosen.callback_deadline = 1ms;
  MemoryManager memory{chosen};
  std::atomic<int> asking = 0;
  LazyModel<Weights> model(memory, lazy("llm"), [&, load = loader()] {
    EXPECT_TRUE(eventually([&] { return asking == kClients; }));
    std::this_thread::sleep_for(50ms);  // weights come from a disk
    return load();
  });
  memory.start_monitoring();
  std::vector<std::future<int>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::async(std::launch::async, [&] {
      ++asking;
      return ask(model);
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 42);
  EXPECT_EQ(loads_, 1);
}

TEST_F(LazyModelTest, RoomIsMadeForItBeforeItIsLoaded) {
  fill(0.60);
  MemoryManager memory{options()};
  auto old_options = this->model("old");
  old_options.offload = [&] { give(300'000); };
  const auto old = memory.register_model(old_options);
  bool room = false;
  LazyModel<Weights> model(memory, lazy("new"), [&, load = loader()] {
    room = status_of(memory, "old").moved;
    return load();
  });
  memory.start_monitoring();
  EXPECT_EQ(ask(model), 42);
  EXPECT_TRUE(room) << "0.60 + 0.30 does not fit below the warning level";
}

TEST_F(LazyModelTest, WithoutRoomItIsNotLoadedAndSaysSo) {
  fill(0.70);
  MemoryManager memory{options()};
  LazyModel<Weights> model(memory, lazy("llm"), loader());
  memory.start_monitoring();
  EXPECT_THROW(ask(model), Error);
  EXPECT_EQ(loads_, 0);
  fill(0.10);
  EXPECT_EQ(ask(model), 42) << "once there is room";
}

TEST_F(LazyModelTest, IsUnloadedWhenIdleAndLoadedAgainAtItsNextUse) {
  MemoryManager memory{options()};
  auto chosen = lazy("stt");
  chosen.idle_unload = 20ms;
  LazyModel<Weights> model(memory, chosen, loader());
  memory.start_monitoring();
  EXPECT_EQ(ask(model), 42);
  EXPECT_TRUE(eventually([&] { return !model.loaded() && alive_ == 0; }));
  EXPECT_EQ(ask(model), 42);
  EXPECT_EQ(loads_, 2);
}

TEST_F(LazyModelTest, IsNotUnloadedInTheMiddleOfAUse) {
  MemoryManager memory{options()};
  auto chosen = lazy("stt");
  chosen.idle_unload = 1ms;
  LazyModel<Weights> model(memory, chosen, loader());
  memory.start_monitoring();
  model.use([&](Weights&) {
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(5ms);
      ASSERT_TRUE(model.loaded());
      ASSERT_EQ(alive_, 1);
    }
  });
  EXPECT_TRUE(eventually([&] { return !model.loaded(); })) << "and afterwards it is";
}

TEST_F(LazyModelTest, IsUnloadedWhenItIsMovedAwayAndComesBackWhenAsked) {
  MemoryManager memory{options()};
  LazyModel<Weights> model(memory, lazy("stt"), loader());
  EXPECT_EQ(ask(model), 42);
  model.model().offload(10s);
  EXPECT_FALSE(model.loaded());
  EXPECT_EQ(alive_, 0);
  model.model().restore(10s);
  EXPECT_TRUE(model.loaded());
  EXPECT_EQ(ask(model), 42);
  EXPECT_EQ(loads_, 2);
}

TEST_F(LazyModelTest, EveryCallerGetsTheLoadersOwnError) {
  constexpr int kClients = 4;
  MemoryManager memory{options()};
  std::atomic<int> asking = 0;
  LazyModel<Weights> model(memory, lazy("stt"), [&]() -> std::unique_ptr<Weights> {
    ++loads_;
    EXPECT_TRUE(eventually([&] { return asking == kClients; }));
    std::this_thread::sleep_for(10ms);  // the others wait for this load by now
    throw std::out_of_range("the file is gone");
  });
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      ++asking;
      EXPECT_THROW(ask(model), std::out_of_range);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(loads_, kClients) << "a load that failed is tried again by whoever needs it";
}

TEST_F(LazyModelTest, ALoaderThatGivesNothingHasFailed) {
  MemoryManager memory{options()};
  LazyModel<Weights> model(memory, lazy("stt"), [] { return std::unique_ptr<Weights>(); });
  EXPECT_THROW(ask(model), Error);
  EXPECT_FALSE(model.loaded());
}

TEST_F(LazyModelTest, AnErrorOfTheUseIsTheCallersAndNoReasonToLoadAgain) {
  MemoryManager memory{options()};
  LazyModel<Weights> model(memory, lazy("stt"), loader());
  EXPECT_THROW(model.use([](Weights&) { throw Error(SPILLWAY_E_IO, "mine"); }), Error);
  EXPECT_EQ(ask(model), 42);
  EXPECT_EQ(loads_, 1);
}

TEST_F(LazyModelTest, IsLoadedAgainThoughTooManyMemoryErrorsPutItOnTheCpu) {
  MemoryManager memory{options()};
  auto chosen = lazy("stt");
  chosen.idle_unload = 20ms;
  LazyModel<Weights> model(memory, chosen, loader());
  memory.start_monitoring();
  EXPECT_THROW(model.use([](Weights&) { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_TRUE(status_of(memory, "stt").fallen_back);
  EXPECT_TRUE(eventually([&] { return !model.loaded(); }));
  EXPECT_EQ(ask(model), 42);
  EXPECT_EQ(loads_, 2);
}

TEST_F(LazyModelTest, ALoaderThatIsLeftBehindKeepsWhatItNeeds) {
  auto chosen = options();
  chosen.callback_deadline = 10ms;
  std::promise<void> entered, release, ended;
  std::atomic<bool> hang = false;
  auto needed = std::make_shared<int>(7);
  const std::weak_ptr<int> watch = needed;
  MemoryManager memory{chosen};
  {
    LazyModel<Weights> model(memory, lazy("stt"), [&, needed = std::move(needed)] {
      if (hang) {
        entered.set_value();
        release.get_future().wait();
        EXPECT_FALSE(watch.expired()) << "it was destroyed while it ran";
        ended.set_value();
      }
      return std::make_unique<Weights>(alive_);
    });
    EXPECT_EQ(ask(model), 42);
    model.model().offload(10s);
    hang = true;
    EXPECT_THROW(model.model().restore(10s), Error);  // asked on a thread of the guard's
    ASSERT_EQ(entered.get_future().wait_for(10s), std::future_status::ready);
  }
  release.set_value();
  EXPECT_EQ(ended.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_TRUE(eventually([&] { return watch.expired() && alive_ == 0; })) << "and gone after it";
}

TEST_F(LazyModelTest, ASetIsLoadedLightToHeavyAndOneThatFailsLeavesTheRestRunning) {
  MemoryManager memory{options()};
  std::vector<std::string> order;
  bool broken = true;
  const auto noting = [&](const char* name) {
    return [&, name] {
      order.emplace_back(name);
      if (broken && order.back() == "middle") throw std::runtime_error("the file is gone");
      if (broken && order.back() == "heavy") throw 7;
      return std::make_unique<Weights>(alive_);
    };
  };
  LazyModel<Weights> heavy(memory, lazy("heavy", 300'000), noting("heavy"));
  LazyModel<Weights> light(memory, lazy("light", 100'000), noting("light"));
  LazyModel<Weights> middle(memory, lazy("middle", 200'000), noting("middle"));
  LazyModel<Weights> tiny(memory, lazy("tiny", 1'000), noting("tiny"));
  const std::array<Loadable*, 4> all{&heavy, &light, &middle, &tiny};

  const auto failures = load_light_to_heavy(all);
  EXPECT_EQ(order, (std::vector<std::string>{"tiny", "light", "middle", "heavy"}));
  ASSERT_EQ(failures.size(), 2);
  EXPECT_EQ(failures[0].name, "middle");
  EXPECT_EQ(failures[0].why, "the file is gone");
  EXPECT_EQ(failures[1].name, "heavy");
  EXPECT_FALSE(failures[1].why.empty());
  EXPECT_EQ(ask(light), 42);
  EXPECT_EQ(ask(tiny), 42);

  order.clear();
  broken = false;
  EXPECT_TRUE(load_light_to_heavy(all).empty());
  EXPECT_EQ(order, (std::vector<std::string>{"middle", "heavy"})) << "only those that are missing";
  EXPECT_EQ(alive_, 4);
}

}  // namespace
