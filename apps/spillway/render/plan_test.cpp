#include "render/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fit/choose/made_by_hand_test.h"
#include "fit/plan/report_json.h"
#include "render/plan_svg.h"

namespace spillway {
namespace {

using fit::ChangeKind;
using fit::ComponentKind;
using fit::mb;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using testing::StartsWith;

/// The speech model that fills a small card.
fit::PlanReport speech() {
  fit::PlanReport report;
  report.machine = fit::one_gpu(4090, 8000);
  report.machine.ram.used = mb(2000);
  report.machine.ram.assumed = true;
  report.machine_source = "given";
  fit::Component stt = fit::component("stt", ComponentKind::stt, fit::need(3600));
  stt.variants[0].need.vram_overhead = fit::flat(140);
  fit::offer(stt, ChangeKind::lower_precision, "fp16 instead of fp32", fit::need(1900));
  fit::offer(stt, ChangeKind::smaller_model, "small instead of large", fit::need(1230));
  report.answer = fit::fit_stack({stt}, report.machine, report.limits);
  fit::PlannedModel model;
  model.name = "stt";
  model.description = "whisper";
  model.need = stt.variants[0].need;
  model.gpu = 0;
  model.max_safe_context = 448;
  model.asked.parts = {{fit::PartKind::weights, fit::Where::vram, "all tensors", fit::flat(3600),
                        fit::Origin::exact, "as stored"},
                       {fit::PartKind::overhead, fit::Where::vram, "context", fit::flat(140),
                        fit::Origin::guess, "of the card"}};
  model.notes = {"the type was assumed"};
  report.models = {model};
  return report;
}

TEST(PlanLines, SayItAtAGlance) {
  const auto lines = plan_lines(speech(), {});
  EXPECT_EQ(lines[0], "fits if: 1 change, the cheapest that keeps every memory below 70 %");
  EXPECT_THAT(lines[1], HasSubstr("3.48 of 3.81 GiB"));
  EXPECT_THAT(lines[1], HasSubstr("91 %  critical"));
  EXPECT_THAT(lines, Contains(HasSubstr("OS and services, assumed")));
  EXPECT_THAT(lines, Contains(HasSubstr("1.  stt  fp16 instead of fp32")));
  EXPECT_THAT(lines, Contains(HasSubstr("latency unknown, accuracy less than 1 %")));
  EXPECT_THAT(lines, Contains(HasSubstr("or  stt  small instead of large")));
  EXPECT_THAT(lines, Contains(StartsWith("note: stt: the type")));
}

TEST(PlanLines, FitIntoATerminalWithoutEscapes) {
  for (const std::size_t width : {40U, 60U, 80U, 120U}) {
    for (const auto& line : plan_lines(speech(), {.width = width})) {
      if (!line.starts_with("fits") && !line.starts_with("note")) {
        EXPECT_LE(columns(line), std::max<std::size_t>(width, 76)) << line;
      }
      EXPECT_THAT(line, Not(HasSubstr("\033")));
    }
  }
  EXPECT_THAT(plan_lines(speech(), {.color = true})[0], HasSubstr("\033[33m"));
}

TEST(PlanLines, SayWhatIsMissing) {
  fit::PlanReport report = speech();
  report.answer = fit::fit_stack({fit::component("stt", ComponentKind::stt, fit::need(5000))},
                                 report.machine, {});
  const auto lines = plan_lines(report, {});
  EXPECT_THAT(lines[0], StartsWith("does not fit: with every change known, "));
  EXPECT_THAT(lines[1], HasSubstr("too much"));
  report.answer.exact = false;
  EXPECT_THAT(plan_lines(report, {})[0], HasSubstr("approximate"));
}

TEST(PlanLines, ZramIsARowOfItsOwn) {
  fit::PlanReport report = speech();
  report.machine.zram =
      fit::Room{.name = "zram", .total = 4_GiB, .used = 1_GiB, .yields = {}, .holders = {}};
  EXPECT_THAT(plan_lines(report, {}), Contains(HasSubstr("no safe room")));
}

TEST(PlanBar, ShowsOthersTheStackAndTheLimit) {
  fit::Fill fill;
  fill.total = mb(100);
  fill.others = mb(20);
  fill.peak = fit::flat(30);
  fill.peak_share = 0.5;
  EXPECT_EQ(plan_bar(fill, 0.7, 10), "▒▒███░░|░░");
  fill.peak_share = 1.7;
  EXPECT_EQ(plan_bar(fill, 0.7, 10), "▒▒████████");
}

TEST(PlanExplain, IsTheSumLineByLine) {
  const auto lines = explain_lines(speech(), {});
  EXPECT_THAT(lines, Contains(HasSubstr("all tensors")));
  EXPECT_THAT(lines, Contains(HasSubstr("guess")));
  EXPECT_THAT(lines, Contains(HasSubstr("loaded stt: vram 46 %")));
}

TEST(PlanDocument, IsWhatScriptsRead) {
  const auto json = nlohmann::json::parse(fit::plan_document(speech()));
  EXPECT_EQ(json["schema"], "spillway.plan/1");
  EXPECT_EQ(json["verdict"], "fits_with_changes");
  EXPECT_EQ(json["fits"], false);
  EXPECT_EQ(json["level"], "critical");
  const auto& model = json["models"][0];
  EXPECT_EQ(model["peak_bytes"]["likely"], 3'740'000'000);
  EXPECT_EQ(model["overhead_bytes"]["likely"], 140'000'000);
  for (const char* name :
       {"weights_bytes", "kv_bytes", "compute_bytes", "overhead_bytes", "peak_bytes"}) {
    for (const char* bound : {"low", "likely", "high"})
      EXPECT_TRUE(model[name][bound].is_number_integer());
  }
  EXPECT_EQ(model["max_safe_context"], 448);
  EXPECT_EQ(model["changes"][0]["change"], "lower_precision");
  EXPECT_TRUE(json["changes"][0]["latency"].is_null());
  EXPECT_EQ(json["changes"][0]["saves_bytes"], 1'840'000'000);
  EXPECT_NEAR(json["changes"][0]["peak_ratio"], 0.4645, 0.001);
  EXPECT_EQ(json["alternatives"].size(), 1U);
  EXPECT_EQ(json["pools"][0]["pool"], "vram");
  EXPECT_TRUE(json["zram"].is_null());
}

TEST(SuggestLines, NameTheBestAndWhatSpeaksAgainstTheOthers) {
  std::vector<Error> errors;
  const fit::Catalogue catalogue = fit::read_catalogue({}, errors);
  fit::Machine machine = fit::one_gpu(4294, 8589);
  machine.ram.used = mb(2147);
  const fit::Suggestion suggestion =
      fit::suggest({ComponentKind::stt, ComponentKind::tts}, catalogue, machine, {}, {});
  const auto lines = suggest_lines(suggestion, {});
  EXPECT_THAT(lines[0], StartsWith("best (vram "));
  EXPECT_THAT(lines[1], HasSubstr("parakeet-tdt-0.6b-v2-int8"));
  EXPECT_THAT(lines, Contains(HasSubstr("needs the network")));
  const auto json = nlohmann::json::parse(fit::suggest_document(suggestion));
  EXPECT_EQ(json["stacks"].size(), 3U);
  EXPECT_EQ(json["stacks"][0]["members"][1]["name"], "kokoro-82m-int8");
  EXPECT_TRUE(json["stacks"][0]["members"][1]["latency_ms"].is_null());
}

TEST(PlanSvg, IsADrawingWhoseNamesAreNoMarkup) {
  PlanChart chart{"<b>\"x\" & y</b>\033",
                  4_GiB,
                  3_GiB,
                  {{"512", {{"weights", 1_GiB}, {"kv", 100_MiB}}},
                   {"1024", {{"weights", 1_GiB}, {"kv", 5_GiB}}}}};
  const std::string svg = plan_svg(chart);
  EXPECT_THAT(svg, StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt;?"));
  EXPECT_THAT(svg, HasSubstr("safe below 3 GiB"));
  EXPECT_THAT(svg, HasSubstr("<title>kv: 5 GiB</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(plan_svg({}), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace spillway
