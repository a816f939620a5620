#include "doctor/holders/holdings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "doctor/holders/place.h"

namespace spillway::doctor {
namespace {

using testing::ElementsAre;

const PoolId kCard{"vram:GPU-1"};

Process process(pid_t pid, std::string command, Bytes own, Bytes swapped = {}) {
  Process p;
  p.pid = pid;
  p.name = "comm";
  p.command = std::move(command);
  p.anonymous = own;
  p.resident = own + 1_MiB;
  p.swapped = swapped;
  return p;
}

MachineState machine() {
  MachineState m;
  m.memory.total = 16_GiB;
  m.memory.free = 4_GiB;
  m.memory.cached = 3_GiB;
  m.memory.shared = 1_GiB;
  m.memory.slab_kept = 512_MiB;
  m.memory.swap_total = 8_GiB;
  m.memory.swap_free = 5_GiB;
  m.processes = {process(10, "/usr/bin/python3 /srv/comfyui/main.py --listen", 5_GiB, 2_GiB),
                 process(11, "/usr/bin/python3 /srv/comfyui/main.py --listen", 1_GiB),
                 process(12, "/usr/local/bin/ollama serve", 2_GiB)};
  return m;
}

StatusReport card_report() {
  StatusReport report;
  PoolStatus pool;
  pool.assessment.pool = kCard;
  pool.assessment.total = 24_GiB;
  pool.assessment.used = 20_GiB;
  pool.reserved = 1_GiB;
  report.pools = {pool};
  report.device_uses = {{kCard, 12, 12_GiB, {}}, {kCard, 99, 5_GiB, {}}};
  return report;
}

TEST(Holdings, AddsTheProcessesOfOneProgram) {
  const Holdings holdings = holdings_of(machine(), {});
  ASSERT_EQ(holdings.programs.size(), 2U);
  EXPECT_EQ(holdings.programs[0].program, "python3 main.py");
  EXPECT_THAT(holdings.programs[0].pids, ElementsAre(10, 11));
  EXPECT_EQ(holdings.programs[0].in(kRam), 6_GiB);
  EXPECT_EQ(holdings.programs[0].in(kSwap), 2_GiB);
}

TEST(Holdings, KeepsUnitsAndContainersApart) {
  MachineState m = machine();
  m.processes[0].group = "/system.slice/comfyui.service";
  EXPECT_EQ(holdings_of(m, {}).programs.size(), 3U);
}

TEST(Holdings, WhatIsLeftOfTheRamIsUnaccounted) {
  const Holdings holdings = holdings_of(machine(), {});
  const Account* ram = holdings.find(kRam);
  ASSERT_NE(ram, nullptr);
  // 16 - 8 of programs - 1 shared - 0.5 kernel - 2 cache - 4 free
  EXPECT_EQ(ram->find(kUnaccounted), 512_MiB);
  EXPECT_EQ(ram->find("file cache"), 2_GiB);
}

TEST(Holdings, MoreHeldThanThereIsWasCountedTwice) {
  MachineState m = machine();
  m.processes.push_back(process(13, "/usr/bin/worker", 1_GiB));
  EXPECT_EQ(holdings_of(m, {}).find(kRam)->find(kCountedTwice), -512_MiB);
}

TEST(Holdings, SwapThatNoProcessHoldsIsUnaccounted) {
  EXPECT_EQ(holdings_of(machine(), {}).find(kSwap)->find(kUnaccounted), 1_GiB);
}

TEST(Holdings, VramIsWhatTheDriverSaysAndTheRestIsUnaccounted) {
  const Holdings holdings = holdings_of(machine(), card_report());
  const Account* card = holdings.find(kCard);
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->find(kUnaccounted), 3_GiB);
  EXPECT_EQ(card->find(kFree), 3_GiB);
  const auto& programs = holdings.programs;
  EXPECT_TRUE(std::any_of(programs.begin(), programs.end(), [](const Holding& h) {
    return h.program == "process 99, not visible here" && h.in(kCard) == 5_GiB;
  }));
}

TEST(Holdings, AMemoryThatIsNotMeasuredHasNoAccount) {
  StatusReport report = card_report();
  report.pools[0].assessment.used.reset();
  MachineState m;
  EXPECT_TRUE(holdings_of(m, report).accounts.empty());
  m.memory.swap_total = 0_GiB;
  m.memory.swap_free = 0_GiB;
  EXPECT_TRUE(holdings_of(m, {}).accounts.empty());
}

TEST(Holdings, EachAccountAddsUpWhateverIsHeld) {
  std::mt19937 random(7);
  const auto bytes = [&] { return Bytes{static_cast<std::int64_t>(random())}; };
  for (int round = 0; round < 200; ++round) {
    MachineState m;
    m.memory = {.total = bytes(),
                .free = bytes(),
                .buffers = bytes(),
                .cached = bytes(),
                .shared = bytes(),
                .slab_kept = bytes(),
                .swap_total = bytes(),
                .swap_free = bytes()};
    for (pid_t pid = 1; pid < 20; ++pid) {
      m.processes.push_back(process(pid, "/bin/p" + std::to_string(pid % 7), bytes(), bytes()));
    }
    StatusReport report = card_report();
    report.pools[0].assessment.used = bytes();
    const Holdings holdings = holdings_of(m, report);
    ASSERT_EQ(holdings.accounts.size(), 3U);
    for (const Account& account : holdings.accounts) {
      Bytes sum;
      for (const Holding& holding : holdings.programs) sum += holding.in(account.pool);
      for (const Rest& rest : account.rest) sum += rest.bytes;
      EXPECT_EQ(sum, account.total) << account.pool.text;
    }
  }
}

TEST(Holdings, AreNamedByPartsOfNamesAndByPids) {
  Holding holding{
      .program = "python3 main.py", .unit = "ComfyUI.service", .container = {}, .pids = {10, 11}};
  EXPECT_TRUE(is_named(holding, "comfy"));
  EXPECT_TRUE(is_named(holding, "MAIN"));
  EXPECT_TRUE(is_named(holding, "py*main"));
  EXPECT_TRUE(is_named(holding, "11"));
  EXPECT_FALSE(is_named(holding, "1"));
  EXPECT_FALSE(is_named(holding, "ollama"));
}

TEST(Place, IsTheContainerOrTheUnit) {
  const std::string id(64, 'a');
  const auto container = [](const std::string& group) { return place_of(group).container; };
  EXPECT_EQ(container("/system.slice/docker-" + id + ".scope"), "aaaaaaaaaaaa");
  EXPECT_EQ(container("/docker/" + id), "aaaaaaaaaaaa");
  EXPECT_EQ(container("/kubepods/burstable/pod1/" + id), "aaaaaaaaaaaa");
  EXPECT_EQ(container("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id +
                      ".scope/container"),
            "aaaaaaaaaaaa");
  EXPECT_EQ(container("/kubepods.slice/cri-containerd-" + id + ".scope"), "aaaaaaaaaaaa");
  EXPECT_EQ(container("/lxc.payload.web/system.slice/nginx.service"), "web");
  EXPECT_EQ(container("/machine.slice/machine-box.scope/payload"), "box");
  EXPECT_EQ(place_of("/docker/" + id).unit, "");
  EXPECT_EQ(place_of("/system.slice/ollama.service").unit, "ollama.service");
  EXPECT_EQ(
      place_of("/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-7.scope").unit,
      "app-firefox-7.scope");
  EXPECT_EQ(place_of("/user.slice/user-1000.slice/user@1000.service/init.scope").unit, "");
  EXPECT_EQ(place_of("/").unit, "");
  EXPECT_EQ(place_of(std::string(100'000, '/')).container, "");
}

TEST(Program, IsCalledByWhatItRuns) {
  const auto called = [](const std::string& command) {
    return program_of(process(1, command, {}));
  };
  EXPECT_EQ(called("/usr/bin/python3.11 -u /srv/app/main.py --x"), "python3.11 main.py");
  EXPECT_EQ(called("python3 -m vllm.entrypoints.openai.api_server"),
            "python3 -m vllm.entrypoints.openai.api_server");
  EXPECT_EQ(called("python3 -c print(1)"), "python3 -c");
  EXPECT_EQ(called("java -Xmx4g -jar /opt/app.jar"), "java -jar app.jar");
  EXPECT_EQ(called("/usr/local/bin/ollama runner --model x"), "ollama");
  EXPECT_EQ(called("nginx: worker process"), "nginx");
  EXPECT_EQ(called("nodelocaldns --x"), "nodelocaldns");
  EXPECT_EQ(called("python3"), "python3");
  EXPECT_EQ(called(""), "comm");
  EXPECT_EQ(called("/"), "comm");
  EXPECT_EQ(called(": x"), "comm");
}

}  // namespace
}  // namespace spillway::doctor
