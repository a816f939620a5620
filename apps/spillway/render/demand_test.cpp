#include "render/demand.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

DemandAnswer trimmed() {
  const Step step{.id = 3,
                  .rung = Rung::trim,
                  .action = "callback",
                  .tenant = {"stt"},
                  .pool = kRam,
                  .estimate = {{kRam, -64_MiB}}};
  const Outcome outcome{
      .step = 3, .claimed = {{kRam, -64_MiB}}, .measured = {{kRam, -60_MiB}}, .took = 12ms};
  return {.met = true, .freed = 60_MiB, .steps = {step}, .outcomes = {outcome}};
}

TEST(DemandLines, TellEachMeasureWithWhatWasMeasured) {
  EXPECT_EQ(demand_lines(trimmed(), {}),
            (Lines{"trim stt  done  frees 60 MiB of ram  12 ms", "done: 60 MiB"}));
}

TEST(DemandLines, MarkAFigureThatNobodyMeasured) {
  DemandAnswer answer = trimmed();
  answer.outcomes[0].measured.clear();
  EXPECT_EQ(demand_lines(answer, {})[0],
            "trim stt  done  frees 64 MiB of ram (its own word)  12 ms");
}

TEST(DemandLines, TellBothWhereTheProgramSaidSomethingElse) {
  DemandAnswer answer = trimmed();
  answer.outcomes[0].measured = {{kRam, 4_MiB}};
  EXPECT_EQ(demand_lines(answer, {})[0],
            "trim stt  done  takes 4 MiB of ram (its own word: frees 64 MiB of ram)  12 ms");
}

TEST(DemandLines, OfADryRunTellWhatWouldBe) {
  DemandAnswer answer = trimmed();
  answer.dry_run = true;
  answer.outcomes.clear();
  EXPECT_EQ(demand_lines(answer, {}),
            (Lines{"trim stt  would  frees 64 MiB of ram", "this would do: 60 MiB"}));
}

TEST(DemandLines, SayWhyNotAndWhatWasDeclined) {
  DemandAnswer answer = trimmed();
  answer.met = false;
  answer.why = "nothing is left to take";
  answer.declined = {{kRam, {"llm"}, Rung::offload, "pinned"},
                     {kRam, {"tts"}, Rung::trim, "nothing is left to take"}};
  answer.outcomes[0].status = StepStatus::timed_out;
  answer.outcomes[0].error = "no answer in 5 s";
  EXPECT_EQ(demand_lines(answer, {}),
            (Lines{"trim stt  timed_out  no answer in 5 s  12 ms",
                   "not done: 60 MiB; nothing is left to take", "  not offload llm: pinned"}));
}

TEST(DemandAnswer, ReadsWhatTheDaemonSends) {
  const auto answer =
      demand_answer_of(json::parse(R"({"met":false,"freed_bytes":5,"why":"x","declined":[
        {"pool":"ram","tenant":"llm","rung":"offload","why":"pinned"}],
        "plan":{"at_ns":1,"steps":[{"id":1,"rung":"trim","tenant":"stt"}]}})"),
                       true);
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->freed, 5_B);
  EXPECT_EQ(answer->declined[0].why, "pinned");
  ASSERT_EQ(answer->steps.size(), 1U) << "the plan's, of a dry run";
  EXPECT_EQ(answer->steps[0].tenant.text, "stt");
}

TEST(DemandAnswer, RefusesWhatMakesNoSense) {
  for (const char* text : {"{}", "[]", R"({"met":1})", R"({"met":true,"steps":[{}]})",
                           R"({"met":true,"outcomes":[{"step":"x"}]})"}) {
    EXPECT_FALSE(demand_answer_of(json::parse(text), false)) << text;
  }
}

TEST(CodeOf, TellsWhatFitsFromWhatFitsOnlyWithChanges) {
  DemandAnswer answer = trimmed();
  EXPECT_EQ(code_of(answer), ExitCode::ok);
  answer.dry_run = true;
  EXPECT_EQ(code_of(answer), ExitCode::with_changes);
  answer.steps.clear();
  EXPECT_EQ(code_of(answer), ExitCode::ok);
  answer.met = false;
  EXPECT_EQ(code_of(answer), ExitCode::refused);
}

TEST(DemandDocument, HasNullForWhatIsNotKnown) {
  DemandAnswer answer = trimmed();
  const json document = json::parse(demand_document(answer));
  EXPECT_EQ(document["schema"], "spillway.demand/1");
  EXPECT_TRUE(document["why"].is_null());
  EXPECT_EQ(document["steps"][0]["measured"][0]["bytes"], -(60_MiB).count);
  EXPECT_EQ(document["steps"][0]["took_seconds"], 0.012);
}

}  // namespace
}  // namespace spillway
