#include "render/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using doctor::Diagnosis;
using doctor::Examined;
using doctor::Severity;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<Diagnosis> two() {
  return {{.severity = Severity::problem,
           .what = "ram is short\033[2J",
           .evidence = "15 of 16 GiB",
           .fix = "give some back",
           .command = "spillway free --ram 1GiB",
           .check = "memory-short"},
          {.severity = Severity::note,
           .what = "a note",
           .evidence = {},
           .fix = {},
           .command = {},
           .check = "n"}};
}

Examined examined() {
  Examined e;
  e.report.source = "daemon";
  PoolStatus ram;
  ram.assessment.pool = kRam;
  ram.assessment.used = 5_GiB;
  ram.assessment.total = 16_GiB;
  e.report.pools = {ram};
  e.report.capabilities = {{"psi", true, "/proc/pressure"}};
  e.history.pools = {{kRam, {2_GiB, 9_GiB}}};
  e.history.processes = {{7, {100_MiB, 3_GiB}}};
  e.holdings.programs = {{.program = "ollama",
                          .unit = "ollama.service",
                          .container = {},
                          .pids = {7},
                          .held = {{kRam, 1_GiB}, {PoolId{"vram:GPU-1"}, 6_GiB}},
                          .peak_ram = 3_GiB}};
  doctor::Process swapped;
  swapped.pid = 7;
  swapped.command = "/usr/bin/ollama serve";
  swapped.swapped = 300_MiB;
  e.machine.processes = {swapped};
  return e;
}

TEST(DoctorLines, PutFindingsFirstWithWhatToDo) {
  const auto lines = doctor_lines(examined(), two(), {});
  ASSERT_GT(lines.size(), 6U);
  EXPECT_EQ(lines[0], "1 problem, 0 warnings");
  EXPECT_EQ(lines[2], "problem  ram is short?[2J");
  EXPECT_EQ(lines[5], "         $ spillway free --ram 1GiB");
  EXPECT_THAT(lines, Contains(StartsWith("PROGRAM")));
  EXPECT_THAT(lines, Contains(testing::ContainsRegex("ram +5 GiB +2 GiB +9 GiB +16 GiB")));
  EXPECT_THAT(lines, Contains(testing::ContainsRegex("ollama.*6 GiB +1 GiB +100 MiB +3 GiB")));
  EXPECT_THAT(lines, Contains(testing::ContainsRegex("300 MiB +- +7 +/usr/bin/ollama serve")));
  EXPECT_THAT(lines, Contains(HasSubstr("/proc/pressure")));
}

TEST(DoctorLines, SayThatNothingIsWrong) {
  EXPECT_EQ(doctor_lines({}, {}, {})[0], "nothing wrong was found");
  EXPECT_EQ(doctor_lines({}, {two()[1]}, {})[0], "nothing wrong was found");
}

TEST(DoctorDocument, MasksKeysInCommands) {
  Examined e = examined();
  e.machine.processes[0].command =
      "/usr/lib64/vllm/bin/python3 -m vllm --api-key sk-abcdefghijklmnopqrstuvwxyz012345";
  const auto json = nlohmann::json::parse(doctor_document(e, {}));
  const std::string command = json["in_swap"][0]["command"];
  EXPECT_THAT(command, StartsWith("/usr/lib64/vllm/bin/python3 -m vllm --api-key "));
  EXPECT_THAT(command, Not(HasSubstr("klmnopqrstuvwxyz")));
}

TEST(DoctorDocument, KeepsNotesApart) {
  const auto json = nlohmann::json::parse(doctor_document(examined(), two()));
  EXPECT_EQ(json["schema"], "spillway.doctor/1");
  ASSERT_EQ(json["findings"].size(), 1U);
  EXPECT_EQ(json["findings"][0]["check"], "memory-short");
  EXPECT_EQ(json["notes"][0]["command"], nullptr);
  EXPECT_EQ(json["memories"][0]["peak_bytes"], 9LL << 30);
  EXPECT_EQ(json["in_swap"][0]["command"], "/usr/bin/ollama serve");
  EXPECT_EQ(json["programs"][0]["vram_bytes"], 6LL << 30);
}

}  // namespace
}  // namespace spillway
