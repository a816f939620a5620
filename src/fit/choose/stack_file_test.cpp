#include "fit/choose/stack_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/choose/answer.h"
#include "fit/choose/made_by_hand_test.h"
#include "tests/support/temp_dir.h"

namespace spillway::fit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kVoice = R"(
[machine]
vram = "4GB"
ram = "8GB"
reserve = "100MB"
threshold = 0.75

[[component]]
name = "stt"
kind = "stt"
vram = "200MB"
vram_peak = ["300MB", "400MB", "500MB"]
ram = "150MB"
process = "assistant"
ram_overhead = "100MB"
priority = 5
order = 2

  [[component.change]]
  kind = "lower_precision"
  what = "int8 instead of fp32"
  vram = "60MB"
  ram = "150MB"
  accuracy = "0.3 % word error rate"

[[component]]
name = "llm"
kind = "llm"
duty = "idle"
gpu = 0
params = "3B"
dtype = "fp16"
context = 8192
cache_type = "q8_0"
attention = "eager"
)";

std::vector<std::string> errors_of(const std::string& text) {
  const auto stack = parse_stack(text, "s.toml");
  std::vector<std::string> lines;
  if (stack) return lines;
  for (const Error& error : stack.error()) lines.push_back(to_string(error));
  return lines;
}

TEST(StackFile, IsReadWhole) {
  const auto stack = parse_stack(kVoice, "s.toml");
  ASSERT_TRUE(stack) << to_string(stack.error().front());
  EXPECT_THAT(stack->machine.gpus, ElementsAre(4'000'000'000_B));
  EXPECT_EQ(stack->machine.ram, 8'000'000'000_B);
  EXPECT_EQ(stack->machine.reserve, 100'000'000_B);
  EXPECT_EQ(stack->machine.threshold, 0.75);
  ASSERT_THAT(stack->components, SizeIs(2));

  const Component& stt = stack->components[0].component;
  EXPECT_EQ(stt.kind, ComponentKind::stt);
  EXPECT_EQ(stt.process, "assistant");
  EXPECT_EQ(stt.order, 2);
  ASSERT_THAT(stt.variants, SizeIs(3));  // as asked, the file's own, and on the CPU
  EXPECT_EQ(stt.variants[2].changes[0].kind, ChangeKind::whole_on_cpu);
  EXPECT_EQ(stt.variants[2].need.ram_idle, exactly(350'000'000_B));
  EXPECT_EQ(stt.variants[0].need.vram_idle, exactly(200'000'000_B));
  EXPECT_EQ(stt.variants[0].need.vram_peak, (Range{300'000'000_B, 400'000'000_B, 500'000'000_B}));
  EXPECT_EQ(stt.variants[0].need.ram_peak, exactly(150'000'000_B));
  EXPECT_EQ(stt.variants[1].changes[0].kind, ChangeKind::lower_precision);
  EXPECT_EQ(stt.variants[1].changes[0].accuracy, "0.3 % word error rate");
  EXPECT_EQ(stt.variants[1].changes[0].latency, "");
  EXPECT_FALSE(stack->components[0].model);

  const ComponentAsked& llm = stack->components[1];
  ASSERT_TRUE(llm.model);
  EXPECT_EQ(llm.model->parameters, "3B");
  EXPECT_EQ(llm.model->dtype, "fp16");
  EXPECT_EQ(llm.model->use.context, 8192U);
  EXPECT_EQ(llm.model->use.cache_v, TensorType::q8_0);
  EXPECT_TRUE(llm.model->use.cache_type_given);
  EXPECT_EQ(llm.model->use.attention, Attention::eager);
  EXPECT_EQ(llm.component.gpu, 0U);
  EXPECT_EQ(llm.component.duty, Duty::idle);
}

TEST(StackFile, ModelsAreLookedForBesideIt) {
  const support::TempDir dir;
  dir.write("models/a.gguf", "x");
  const auto stack = parse_stack(R"(
    [[component]]
    name = "a"
    model = "models/a.gguf"
    smaller = ["models/a.gguf", "llama3.2:1b"]
    [[component]]
    name = "b"
    model = "llama3.2:3b"
  )",
                                 dir / "stack.toml");
  ASSERT_TRUE(stack) << to_string(stack.error().front());
  EXPECT_EQ(stack->components[0].model->model, dir / "models/a.gguf");
  EXPECT_THAT(stack->components[0].smaller, ElementsAre(dir / "models/a.gguf", "llama3.2:1b"));
  EXPECT_EQ(stack->components[1].model->model, "llama3.2:3b");
}

TEST(StackFile, SaysEverythingThatIsWrongWithIt) {
  const auto errors = errors_of(R"([machine]
vram = "4 parsecs"
threshold = 1.5
[[component]]
name = "a"
knid = "stt"
duty = "often"
vram = "1GB"
vram_peak = "1MB"
[[component]]
name = "a"
model = "x.gguf"
context = 0
cache_type = "q99"
backend = "lama.cpp"
gpu = -1
[[component]]
name = "c"
[[component]]
name = "d"
vram = "1GB"
model = "x.gguf"
[[component]]
name = "e"
vram = "1GB"
[[component.change]]
kind = "magic"
)");
  const std::vector<std::string> begins{
      "s.toml:2:8: vram: ",
      "s.toml:3:13: threshold: is no share",
      "s.toml:7:8: duty: \"often\" is not known (always, idle or on_demand)",
      "s.toml:9:13: vram_peak: is below vram",
      "s.toml:6:8: unknown key knid (did you mean kind?)",
      "s.toml:11:8: name: \"a\" is there twice",
      "s.toml:16:7: gpu: is no number of a GPU",
      "s.toml:15:11: backend: is not known (one of llama.cpp, transformers, onnxruntime, vllm)",
      "s.toml:13:11: context: is no count from 1",
      "s.toml:14:14: cache_type: is no type of numbers",
      "s.toml:17:1: neither a model nor figures",
      "s.toml:22:9: model: has figures beside it",
      "s.toml:27:8: kind: \"magic\" is not known",
      "s.toml:26:1: a change needs vram and ram"};
  ASSERT_THAT(errors, SizeIs(begins.size()));
  for (std::size_t i = 0; i < begins.size(); ++i) EXPECT_THAT(errors[i], HasSubstr(begins[i]));
}

TEST(StackFile, NothingIsNoStack) {
  EXPECT_THAT(errors_of(""), ElementsAre(HasSubstr("no component")));
  EXPECT_THAT(errors_of("component = 3"), SizeIs(2));
  EXPECT_THAT(errors_of("[[component"), SizeIs(1));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "[[component]]\nname = \"" + std::to_string(i) + "\"\n";
  EXPECT_THAT(errors_of(many), ElementsAre(HasSubstr("more than 64")));
}

/// The voice stack of the field, with nothing known but its figures.
TEST(StackFile, TheCheapestFixIsFoundFromFiguresAlone) {
  constexpr const char* kStack = R"(
    component = [
      { name = "stt", kind = "stt", vram = "200MB", vram_peak = "500MB", ram = "150MB" },
      { name = "intent", kind = "intent", vram = "100MB", ram = "80MB" },
      { name = "embeddings", kind = "embeddings", duty = "idle", vram = "500MB", ram = "200MB" },
      { name = "tts", kind = "tts", vram = "300MB", ram = "120MB" },
      { name = "llm", kind = "llm", vram = ["1GB", "2.5GB", "3GB"], vram_peak = "3GB" },
      { name = "templates", kind = "data", ram = "50MB" },
      { name = "history", kind = "data", ram = "50MB" },
      { name = "runtime", kind = "runtime", ram = "100MB" },
    ]
  )";
  const auto read = parse_stack(kStack, "s.toml");
  ASSERT_TRUE(read) << to_string(read.error().front());
  Stack stack;
  for (const ComponentAsked& asked : read->components) stack.push_back(asked.component);
  Machine machine = one_gpu(4000, 8000);
  machine.ram.used = assumed_os_share(machine.ram.total);
  const Answer answer = fit_stack(stack, machine, {});
  EXPECT_EQ(answer.asked[0].idle.likely, mb(3600));
  EXPECT_EQ(answer.asked[1].idle.likely, mb(750));
  EXPECT_EQ(answer.asked[0].level, Reached::shutdown);  // 4400 of 4000 MB
  ASSERT_EQ(answer.verdict, Verdict::fits_with_changes);
  EXPECT_EQ(answer.changes.back().subject, "llm");
  EXPECT_EQ(answer.changes.back().change.kind, ChangeKind::whole_on_cpu);
}

TEST(StackFile, IsPlannedAsItStands) {
  const auto stack = parse_stack(kVoice, "s.toml");
  ASSERT_TRUE(stack);
  Machine machine;
  machine.gpus = {
      {.name = "vram", .total = stack->machine.gpus[0], .used = {}, .yields = {}, .holders = {}}};
  machine.ram.total = *stack->machine.ram;
  const Answer answer = fit_stack({stack->components[0].component}, machine, {});
  EXPECT_EQ(answer.verdict, Verdict::fits);
  EXPECT_EQ(answer.asked[1].peak.likely, 250'000'000_B);
}

}  // namespace
}  // namespace spillway::fit
