#include "fit/catalogue/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/choose/made_by_hand_test.h"

namespace spillway::fit {
namespace {

using testing::HasSubstr;
using Kind = ComponentKind;

const Catalogue& catalogue() {
  static std::vector<Error> errors;
  static const Catalogue read = read_catalogue({}, errors);
  return read;
}

Machine machine(Bytes vram, Bytes ram) {
  Machine made = one_gpu(0, 0);
  made.gpus[0].total = vram;
  made.ram.total = ram;
  made.ram.used = assumed_os_share(ram);
  if (vram.count == 0) made.gpus.clear();
  return made;
}

std::string chosen(const SuggestedStack& stack, Kind kind) {
  for (const Chosen& member : stack.members) {
    if (member.kind == kind) return member.entry->name;
  }
  return {};
}

std::string why(const Suggestion& suggestion, const std::string& name) {
  for (const Rejected& rejected : suggestion.rejected) {
    if (rejected.entry->name == name) return rejected.why + " (" + facts(*rejected.entry) + ")";
  }
  return "not rejected";
}

const std::vector<Kind> kVoice{Kind::vad, Kind::stt, Kind::intent, Kind::tts, Kind::llm};

TEST(Suggest, AVoiceStackForASmallCard) {
  const Suggestion all = suggest(kVoice, catalogue(), machine(4_GiB, 8_GiB), {}, {});
  ASSERT_EQ(all.stacks.size(), 3U);
  EXPECT_TRUE(all.exact);
  const SuggestedStack& best = all.stacks[0];
  EXPECT_EQ(chosen(best, Kind::stt), "parakeet-tdt-0.6b-v2-int8");
  EXPECT_EQ(chosen(best, Kind::tts), "kokoro-82m-int8");
  EXPECT_EQ(chosen(best, Kind::vad), "silero-vad");
  EXPECT_EQ(chosen(best, Kind::llm), "llama-3.2-3b-q4_k_m");
  for (const SuggestedStack& stack : all.stacks) {
    EXPECT_EQ(Answer::level_of(stack.answer.planned), Reached::safe);
  }
  // Every other model of these kinds is there with its reason.
  std::size_t others = 0;
  for (const CatalogueEntry& entry : catalogue()) others += entry.kind != Kind::embeddings;
  EXPECT_EQ(all.rejected.size(), others - kVoice.size());
  for (const Rejected& rejected : all.rejected) EXPECT_FALSE(rejected.why.empty());
}

TEST(Suggest, SpeechToTextIsRejectedForWhatIsWrongWithIt) {
  const Suggestion all = suggest(kVoice, catalogue(), machine(4_GiB, 8_GiB), {}, {});
  EXPECT_THAT(why(all, "whisper-large-v3-turbo-int8"), HasSubstr("1.5 GB, 300 to 500 ms"));
  EXPECT_THAT(why(all, "whisper-large-v3-turbo-int8"), HasSubstr("GB against 0.8 GB"));
  EXPECT_THAT(why(all, "vosk-small-en-us-0.15"), HasSubstr("accuracy 80 to 85 % against 93.95 %"));
  EXPECT_THAT(why(all, "deepspeech-0.9.3"), HasSubstr("unmaintained"));
}

TEST(Suggest, VoicesAreRejectedForWhatIsWrongWithThem) {
  const Suggestion all = suggest(kVoice, catalogue(), machine(4_GiB, 8_GiB), {}, {});
  EXPECT_THAT(why(all, "online-tts"), HasSubstr("needs the network"));
  EXPECT_THAT(why(all, "coqui-xtts-v2-fp16"), HasSubstr("500 ms and more"));
  EXPECT_THAT(why(all, "piper-medium"), HasSubstr("voice quality medium against high"));
  EXPECT_THAT(why(all, "piper-medium"), HasSubstr("its size is not published"));
  EXPECT_THAT(why(all, "kokoro-82m-fp32"), HasSubstr("0.4 GB against 0.1 GB"));
}

TEST(Suggest, MoreRoomGetsALargerModel) {
  const Suggestion all = suggest(kVoice, catalogue(), machine(24_GiB, 64_GiB), {}, {});
  EXPECT_EQ(chosen(all.stacks[0], Kind::llm), "gpt-oss-20b-mxfp4");
  EXPECT_THAT(why(all, "gemma3-27b-q4"), HasSubstr("too large beside the others"));
  EXPECT_THAT(why(all, "gemma3-1b-q4"), HasSubstr("1.0 against 20.9 billion parameters"));
}

TEST(Suggest, WithoutAGpuEverythingIsOnTheCpu) {
  const Suggestion all = suggest(kVoice, catalogue(), machine(0_B, 8_GiB), {}, {});
  ASSERT_FALSE(all.stacks.empty());
  for (const Chosen& member : all.stacks[0].members) EXPECT_FALSE(member.on_gpu);
}

TEST(Suggest, NothingSafeIsNoSuggestion) {
  const Suggestion none = suggest(kVoice, catalogue(), machine(256_MiB, 512_MiB), {}, {});
  EXPECT_TRUE(none.stacks.empty());
  EXPECT_FALSE(none.rejected.empty());
  EXPECT_TRUE(suggest({Kind::vision}, catalogue(), machine(4_GiB, 8_GiB), {}, {}).stacks.empty());
}

TEST(Suggest, WishesRuleOut) {
  const Suggestion quick = suggest({Kind::stt, Kind::tts}, catalogue(), machine(24_GiB, 64_GiB), {},
                                   {.max_latency_ms = 400, .min_accuracy = 90, .offline = true});
  EXPECT_THAT(why(quick, "whisper-large-v3-turbo-int8"),
              HasSubstr("takes 300 to 500 ms, more than 400 ms"));
  EXPECT_THAT(why(quick, "whisper-tiny"), HasSubstr("accuracy 88.35 %, less than 90 %"));
  EXPECT_THAT(why(quick, "online-tts"), HasSubstr("needs the network"));
  EXPECT_EQ(chosen(quick.stacks[0], Kind::stt), "parakeet-tdt-0.6b-v2-int8");
}

TEST(Suggest, UnpublishedMemoryIsTheFilesAndAFifth) {
  CatalogueEntry entry;
  EXPECT_FALSE(need_of(entry, false));
  entry.disk = Figure{1e9, 1e9, "a"};
  entry.kv = Figure{1e8, 1e8, "a"};
  EXPECT_EQ(need_of(entry, true)->vram_peak, (Range{mb(1100), mb(1300), mb(1600)}));
  entry.vram = Figure{5e8, 6e8, "a"};
  entry.host = Figure{1e8, 1e8, "a"};
  EXPECT_EQ(need_of(entry, true)->vram_peak.likely, mb(600));
  EXPECT_EQ(need_of(entry, true)->ram_peak.likely, mb(100));
  EXPECT_EQ(need_of(entry, false)->ram_peak.likely, mb(1300));
  entry.cpu = false;
  EXPECT_FALSE(need_of(entry, false));
}

}  // namespace
}  // namespace spillway::fit
