// How long a plan takes:
//   plan SPILLWAY
// `spillway plan` of one 8B GGUF as a process of its own, and twelve components on four GPUs in this
// process: stacks that fit only with changes, drawn with fixed seeds.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "fit/choose/answer.h"
#include "fit/choose/change.h"
#include "tests/support/gguf_models.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace spillway;
using fit::ChangeKind;

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  const auto took = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration<double, std::milli>(took).count();
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-44s %8.2f %8.2f %8.2f\n", what, times.front(), times[times.size() / 2],
              times.back());
}

void run(const std::vector<std::string>& words) {
  std::fflush(stdout);  // else both would print it
  const pid_t child = fork();
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 4) std::fprintf(stderr, "it failed\n");
}

Bytes mb(double amount) { return {static_cast<std::int64_t>(amount * 1e6)}; }

fit::Need need(double vram, double ram) {
  const auto at = [](double amount) { return fit::exactly(mb(amount)); };
  return {at(vram), at(vram), at(ram), at(ram), at(vram > 0 ? 450 : 0), {}};
}

/// About a fifth more than is safe; every other stack in three processes that share their overhead.
fit::Stack stack(unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> size(800, 4200);
  constexpr std::pair<ChangeKind, double> kWays[]{
      {ChangeKind::smaller_context, .9}, {ChangeKind::quantised_kv, .8},
      {ChangeKind::lower_precision, .6}, {ChangeKind::layers_on_cpu, .5},
      {ChangeKind::smaller_model, .35},  {ChangeKind::whole_on_cpu, 0}};
  fit::Stack stack;
  for (int i = 0; i < 12; ++i) {
    fit::Component& component = stack.emplace_back();
    component.name = "c" + std::to_string(i);
    component.kind = fit::ComponentKind::llm;
    if (seed % 2 == 0) component.process = std::to_string(i % 3);
    const double vram = size(random);
    component.variants.push_back({{}, need(vram, 300)});
    for (const auto& [kind, left] : kWays) {
      component.variants.push_back({{fit::change_of(kind, component.kind, "less")},
                                    need(vram * left, 300 + vram * (1 - left))});
    }
  }
  return stack;
}

fit::Machine four_gpus() {
  fit::Machine machine;
  for (const double gib : {8., 8., 12., 6.}) {
    fit::Room& room = machine.gpus.emplace_back();
    room.name = "vram:" + std::to_string(machine.gpus.size() - 1);
    room.total = mb(gib * 1073.7);
  }
  machine.ram.total = 64_GiB;
  machine.ram.used = 2_GiB;
  return machine;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: plan SPILLWAY\n"), 2;
  std::printf("%-44s %8s %8s %8s\n", "ms", "least", "median", "most");
  const support::TempDir dir;
  support::gguf_model({.type = 12, .output_type = 14}, 128'256).write(dir / "8b.gguf");
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    times.push_back(milliseconds([&] {
      run({argv[1], "plan", dir / "8b.gguf", "--vram", "24GiB", "--ram", "32GiB"});
    }));
  }
  print("spillway plan of one 8B GGUF, whole process", times);
  times.clear();
  for (int i = 0; i < 20; ++i) {
    times.push_back(milliseconds([&] {
      run({argv[1], "plan", dir / "8b.gguf", "--vram", "6GiB", "--ram", "32GiB"});
    }));
  }
  print("the same where it fits only with changes", times);
  times.clear();
  int inexact = 0;
  const fit::Machine machine = four_gpus();
  for (unsigned seed = 0; seed < 100; ++seed) {
    const fit::Stack drawn = stack(seed);
    times.push_back(milliseconds([&] { inexact += !fit::fit_stack(drawn, machine, {}).exact; }));
  }
  print("12 components on 4 GPUs, 100 tight stacks", times);
  std::printf("of these approximate: %d\n", inexact);
}
