// The context guard: what it does to an agent's run of 40 turns, and what it costs per request.
//
//   bench_context

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "context/replay.h"
#include "context/text.h"

namespace {

using namespace spillway;

/// What test runners print: words, numbers, paths and line ends.
std::string log_text(std::mt19937& random, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    text += fmt::format("tests/unit/test_{}.py::test_case_{} PASSED [{:3}%] in 0.{:03}s\n",
                        random() % 97, random() % 1000, random() % 100, random() % 1000);
  }
  return text.substr(0, bytes);
}

/// A system prompt of 1,500 bytes, a question, and calls with results between `least` and `most` bytes.
std::string agent_run(unsigned seed, std::size_t calls, std::size_t least, std::size_t most) {
  std::mt19937 random(seed);
  std::string text = fmt::format(
      R"([{{"role":"system","content":"{}"}},{{"role":"user","content":"Find the test that fails."}})",
      std::string(1400, 's'));
  for (std::size_t i = 0; i < calls; ++i) {
    const std::string result =
        context::encoded(log_text(random, least + random() % (most - least + 1)));
    text += fmt::format(
        R"(,{{"role":"assistant","content":null,"tool_calls":[{{"id":"call_{0:04}","type":"function","function":{{"name":"run_tests","arguments":"{{\"part\":{0}}}"}}}}]}},)"
        R"({{"role":"tool","tool_call_id":"call_{0:04}","content":"{1}"}})",
        i, result);
  }
  return text + "]";
}

void replay_rows() {
  fmt::print(
      "40 turns, results of 2 to 5 thousand tokens, a byte each; 20 runs\n"
      "{:>8} {:>9} {:>6} {:>8} {:>8} {:>12} {:>10}\n",
      "window", "requests", "over", "invalid", "refused", "re-read", "kept");
  std::vector<std::string> texts;
  for (unsigned seed = 1; seed <= 20; ++seed) texts.push_back(agent_run(seed, 40, 2000, 5000));
  const std::vector<std::string_view> runs(texts.begin(), texts.end());
  for (const std::uint64_t window : {8000U, 16'000U, 32'000U}) {
    context::ByteCounter counter;
    const auto replay = replay_context(runs, {window, 0}, {}, counter);
    if (!replay) {
      fmt::print("{}\n", to_string(replay.error()));
      return;
    }
    const double kept = static_cast<double>(replay->kept) /
                        static_cast<double>(window * (replay->requests - replay->refused));
    fmt::print("{:>8} {:>9} {:>6} {:>8} {:>8} {:>11.2f}x {:>8.0f} %\n", window, replay->requests,
               replay->over, replay->invalid, replay->refused,
               static_cast<double>(replay->refilled) / static_cast<double>(replay->never),
               100 * kept);
  }
}

double cpu_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double wall_milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

/// Reading the request and trimming it, many times. Beside the time on the wall, which other programs lengthen,
/// that of the CPU.
void cost_row(const char* what, const std::string& text, std::uint64_t window,
              const context::Edits& before = {}) {
  constexpr std::size_t kTimes = 1000;
  std::vector<double> wall, cpu;
  bool changed = false;
  for (std::size_t i = 0; i < kTimes; ++i) {
    const double wall_start = wall_milliseconds(), cpu_start = cpu_milliseconds();
    context::ByteCounter counter;
    const auto conversation = context::read_conversation(text);
    const auto made = trim(*conversation, {window, 0}, {}, counter, before);
    cpu.push_back(cpu_milliseconds() - cpu_start);
    wall.push_back(wall_milliseconds() - wall_start);
    changed = made && made->changed;
  }
  std::ranges::sort(wall);
  std::ranges::sort(cpu);
  fmt::print("{:<36} {:>7} KiB {:>9} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f}\n", what,
             text.size() / 1024, changed ? "changed" : "as it is", wall[kTimes / 2],
             wall[kTimes * 99 / 100], cpu[kTimes / 2], cpu[kTimes * 99 / 100]);
}

void cost_rows() {
  // About 100,000 tokens of 3.8 bytes.
  const std::string history = agent_run(1, 105, 2000, 5000);
  fmt::print("\n{:<36} {:>11} {:>9} {:>8} {:>8} {:>8} {:>8}\n", "a history of 100,000 tokens",
             "size", "", "p50 ms", "p99 ms", "p50 CPU", "p99 CPU");
  cost_row("nothing to cut", history, 1'000'000);
  cost_row("all cuts of its past, and one", history, 100'000);
  context::ByteCounter counter;
  const auto conversation = context::read_conversation(history);
  const auto made = trim(*conversation, {100'000, 0}, {}, counter);
  cost_row("the same with the edits at hand", history, 100'000, made->edits);
}

}  // namespace

int main() {
  replay_rows();
  cost_rows();
}
