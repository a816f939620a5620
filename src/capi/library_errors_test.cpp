// run() and handle_error(): what becomes of out-of-memory errors, of dead GPUs and of everything else.

#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/library_program.h"

namespace {

using namespace std::chrono_literals;
using spillway::MemoryManager;
using spillway::Place;
using spillway::Verdict;

[[noreturn]] void out_of_memory() {
  throw std::runtime_error("CUDA out of memory. Tried to allocate 20.00 MiB");
}
[[noreturn]] void dead_gpu() {
  throw std::runtime_error("CUDA error: an illegal memory access was encountered");
}

/// What a program computes: fails on the GPU as long as it is told to.
struct Inference {
  int gpu_calls = 0;
  int cpu_calls = 0;
  int failures_left = 0;

  std::string operator()(Place where) {
    if (where.cpu) {
      ++cpu_calls;
      return "cpu";
    }
    ++gpu_calls;
    if (failures_left > 0) {
      --failures_left;
      out_of_memory();
    }
    return "gpu";
  }
};

class LibraryErrorsTest : public LibraryTest {};

TEST_F(LibraryErrorsTest, OneErrorIsTriedAgainInTheSamePlace) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  Inference inference{.failures_left = 1};
  EXPECT_EQ(llm.run(std::ref(inference)), "gpu");
  EXPECT_EQ(inference.gpu_calls, 2);
  EXPECT_EQ(status_of(memory, "llm").memory_errors, 1);
  EXPECT_FALSE(status_of(memory, "llm").fallen_back);
}

TEST_F(LibraryErrorsTest, ASecondErrorOfARequestTakesItToTheCpuAndOnlyIt) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  Inference inference{.failures_left = 2};
  EXPECT_EQ(llm.run(std::ref(inference)), "cpu");
  EXPECT_EQ(llm.run(std::ref(inference)), "gpu");
}

TEST_F(LibraryErrorsTest, TheThirdErrorPutsItOnTheCpuUntilReset) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  Inference inference{.failures_left = 1000};
  EXPECT_EQ(llm.run(std::ref(inference)), "cpu");
  EXPECT_EQ(llm.run(std::ref(inference)), "cpu");
  EXPECT_EQ(inference.gpu_calls, 3);
  EXPECT_TRUE(status_of(memory, "llm").fallen_back);
  EXPECT_TRUE(status_of(memory, "llm").place.cpu);
  EXPECT_EQ(llm.run(std::ref(inference)), "cpu");
  EXPECT_EQ(inference.gpu_calls, 3) << "not tried any more";

  inference.failures_left = 0;
  llm.reset_errors();
  EXPECT_EQ(llm.run(std::ref(inference)), "gpu");
}

TEST_F(LibraryErrorsTest, AStormOfThousandsOfErrorsEndsAtTheThird) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  Inference inference{.failures_left = 4759};
  for (int i = 0; i < 4759; ++i) ASSERT_EQ(llm.run(std::ref(inference)), "cpu");
  EXPECT_EQ(inference.gpu_calls, 3);
  EXPECT_EQ(inference.cpu_calls, 4759);
}

TEST_F(LibraryErrorsTest, AStormInAProgramsOwnLoopEndsAtTheThirdToo) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  const std::runtime_error error("HIP out of memory");
  EXPECT_EQ(llm.handle_error(error), Verdict::retry);
  EXPECT_EQ(llm.handle_error(error), Verdict::retry);
  for (int i = 3; i <= 4759; ++i) ASSERT_EQ(llm.handle_error(error), Verdict::use_cpu) << i;
  EXPECT_EQ(status_of(memory, "llm").memory_errors, 4759);
}

TEST_F(LibraryErrorsTest, FiveConsecutiveErrorsAreAllAnswered) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  Inference inference{.failures_left = 5};
  for (int i = 0; i < 5; ++i) EXPECT_NO_THROW(llm.run(std::ref(inference))) << i;
}

TEST_F(LibraryErrorsTest, TwoNestedErrorsDoNotLockEachOtherOut) {
  auto chosen = options();
  chosen.callback_deadline = 20s;  // nobody may have to wait for it
  MemoryManager memory{chosen};
  const auto movable = [&](std::string name) {
    auto options = model(std::move(name));
    options.offload = [&] { give(300'000); };
    options.restore = [&] { give(-300'000); };
    return memory.register_model(options);
  };
  auto outer = movable("outer");
  auto inner = movable("inner");
  memory.start_monitoring();
  const auto began = std::chrono::steady_clock::now();
  Inference outer_inference{.failures_left = 1};
  Inference inner_inference{.failures_left = 1};
  const std::string text = outer.run([&](Place place) {
    const std::string heard = inner.run(std::ref(inner_inference));
    return outer_inference(place) + heard;
  });
  EXPECT_TRUE(text.ends_with("gpu") || text.ends_with("cpu"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(LibraryErrorsTest, RoomIsMadeByOthersNeverByTheOneThatAsks) {
  fill(0.7);
  MemoryManager memory{options()};
  auto asker_options = model("asker");
  asker_options.trim = [] { ADD_FAILURE() << "it asked for memory itself"; };
  auto asker = memory.register_model(asker_options);
  auto other_options = model("other");
  std::atomic<int> trims = 0;
  other_options.trim = [&] {
    ++trims;
    give(100'000);
    return spillway::Bytes(100'000);
  };
  auto other = memory.register_model(other_options);
  memory.start_monitoring();
  Inference inference{.failures_left = 1};
  EXPECT_EQ(asker.run(std::ref(inference)), "gpu");
  EXPECT_GE(trims, 1);
}

TEST_F(LibraryErrorsTest, BadAllocIsAMemoryError) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  int calls = 0;
  llm.run([&] {
    if (++calls == 1) throw std::bad_alloc();
  });
  EXPECT_EQ(calls, 2);
}

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
  int code = 42;
};

TEST_F(LibraryErrorsTest, OtherErrorsPassUnchangedAndAreNotCounted) {
  MemoryManager memory{options()};
  auto llm = memory.register_model(model("llm"));
  int calls = 0;
  try {
    llm.run([&] {
      ++calls;
      throw Refused("shape mismatch");
    });
    FAIL() << "must throw";
  } catch (const Refused& error) {
    EXPECT_EQ(error.code, 42) << "the very object that was thrown";
  }
  EXPECT_THROW(llm.run([] { throw 7; }), int);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status_of(memory, "llm").memory_errors, 0);
  EXPECT_EQ(llm.handle_error(Refused("shape mismatch")), Verdict::not_memory);
}

TEST_F(LibraryErrorsTest, AnErrorOnTheCpuIsTriedOnceMoreAndThenPassedOn) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.offload = [] {};
  auto llm = memory.register_model(options);
  llm.offload(10s);
  int calls = 0;
  EXPECT_THROW(llm.run([&] {
    ++calls;
    throw std::bad_alloc();
  }),
               std::bad_alloc);
  EXPECT_EQ(calls, 2);
}

TEST_F(LibraryErrorsTest, TheProgramsOwnClassifierComesFirst) {
  auto chosen = options();
  chosen.classify = [](const std::exception& error) -> std::optional<spillway::ErrorKind> {
    if (std::string(error.what()) == "E4711") return spillway::ErrorKind::memory;
    return std::nullopt;
  };
  MemoryManager memory{chosen};
  auto llm = memory.register_model(model("llm"));
  int calls = 0;
  llm.run([&] {
    if (++calls == 1) throw std::runtime_error("E4711");
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(llm.handle_error(std::runtime_error("CUDA out of memory")), Verdict::retry);
}

TEST_F(LibraryErrorsTest, ADeadGpuIsNeverTriedAgainStateIsKeptAndARestartAskedFor) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.variants.pop_back();
  options.preserve = [] { return std::string("conversation"); };
  auto llm = memory.register_model(options);
  int calls = 0;
  EXPECT_THROW(llm.run([&] {
    ++calls;
    dead_gpu();
  }),
               spillway::RestartRequired);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(memory.restored_state("llm"), "conversation");
}

TEST_F(LibraryErrorsTest, ADeadGpuWithACpuVariantGoesOnThereForGood) {
  MemoryManager memory{options()};
  auto options = model("llm");
  std::vector<std::string> asked;
  options.restore = [&](Place to) { asked.push_back("restore " + to.name); };
  options.release = [&](Place old) { asked.push_back("release " + old.name); };
  auto llm = memory.register_model(options);
  int gpu_calls = 0;
  const auto compute = [&](Place where) {
    if (where.cpu) return 1;
    ++gpu_calls;
    dead_gpu();
  };
  EXPECT_EQ(llm.run(compute), 1);
  EXPECT_EQ(llm.run(compute), 1);
  llm.reset_errors();
  EXPECT_EQ(llm.run(compute), 1) << "no reset brings a dead context back";
  EXPECT_EQ(gpu_calls, 1);
  EXPECT_EQ(asked, std::vector<std::string>{"restore cpu"}) << "what is dead cannot be released";
}

TEST_F(LibraryErrorsTest, ADeadGpuWhoseCpuVariantCannotBeLoadedNeedsARestart) {
  MemoryManager memory{options()};
  auto options = model("llm");
  options.restore = [] { throw std::runtime_error("no such file"); };
  auto llm = memory.register_model(options);
  EXPECT_THROW(llm.run([] { dead_gpu(); }), spillway::RestartRequired);
}

}  // namespace
