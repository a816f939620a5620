#include <gtest/gtest.h>

#include <random>

#include "fit/footprint.h"
#include "fit/need/inverse.h"

// Shapes come from files that may say anything, and uses from people.

namespace spillway::fit {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  /// 0, a sane number, or one that makes products wrap.
  std::uint64_t count() {
    constexpr std::uint64_t kOdd[] = {
        0, 1, 31, 255, 256, std::uint64_t{1} << 32, std::uint64_t{1} << 62, ~std::uint64_t{0}};
    return below(3) == 0 ? kOdd[below(std::size(kOdd))] : below(100'000);
  }
  Bytes bytes() { return {static_cast<std::int64_t>(below(4) == 0 ? count() : below(1U << 30))}; }
  bool flip() { return below(2) == 0; }
  TensorType type() { return static_cast<TensorType>(below(all_layouts().size())); }

 private:
  std::mt19937_64 engine_;
};

Shape any_shape(Dice& dice) {
  constexpr const char* kArchitectures[] = {"llama", "phi3", "whisper", "gemma3", ""};
  Shape shape;
  shape.architecture = kArchitectures[dice.below(std::size(kArchitectures))];
  shape.format = static_cast<FileFormat>(dice.below(6));
  shape.family = static_cast<Family>(dice.below(4));
  shape.parameters = dice.count();
  shape.vocabulary = dice.count();
  shape.embedding = dice.count();
  shape.feed_forward = dice.count();
  shape.trained_context = dice.count();
  shape.window = dice.count();
  shape.experts = dice.count();
  shape.experts_used = dice.count();
  shape.expert_feed_forward = dice.count();
  shape.tied = dice.flip();
  shape.dtype = dice.type();
  for (std::uint64_t i = dice.below(5); i > 0; --i) {
    shape.layers.push_back({static_cast<LayerKind>(dice.below(4)), dice.count(), dice.count(),
                            dice.count(), dice.count(), dice.count(), dice.count(), dice.count(),
                            dice.count(), dice.bytes(), dice.bytes()});
  }
  if (dice.flip()) {
    shape.encoder = Encoder{static_cast<EncoderKind>(dice.below(4)),
                            dice.count(),
                            dice.count(),
                            dice.count(),
                            dice.count(),
                            dice.count(),
                            dice.flip() ? 12.5 : static_cast<double>(dice.count()),
                            dice.bytes()};
  }
  shape.weights = dice.bytes();
  shape.token_embedding = dice.bytes();
  shape.output = dice.bytes();
  shape.padded_weights = dice.bytes();
  return shape;
}

Use any_use(Dice& dice) {
  Use use;
  use.backend = static_cast<Backend>(dice.below(4));
  use.context = dice.count();
  use.slots = dice.flip() ? 1 : dice.count();
  use.unified_cache = dice.flip();
  use.swa_full = dice.flip();
  use.batch = dice.flip() ? 1 : dice.count();
  use.micro_batch = dice.count();
  use.cache_type_given = dice.below(4) == 0;
  if (use.cache_type_given) use.cache_k = use.cache_v = dice.type();
  use.attention = static_cast<Attention>(dice.below(2));
  use.logits = static_cast<Logits>(dice.below(2));
  if (dice.below(4) == 0) use.precision = dice.type();
  if (dice.below(4) == 0) use.gpu_layers = dice.count();
  use.experts_on_cpu = dice.flip();
  use.on_cpu = dice.below(4) == 0;
  use.cuda_graphs = dice.flip();
  use.audio_seconds = dice.flip() ? 0 : static_cast<double>(dice.count()) - 5;
  use.images = dice.flip() ? 0 : dice.count();
  use.llama_cpp_build = dice.count();
  if (dice.below(4) == 0) use.vllm_fraction = dice.flip() ? 0.5 : 1e300;
  use.card = dice.flip() ? Bytes{} : dice.bytes();
  return use;
}

TEST(HostileTest, AnswersOrRefusesWhateverItIsGiven) {
  Dice dice(5);
  int answered = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Shape shape = any_shape(dice);
    const Use use = any_use(dice);
    const Result<Footprint> footprint = footprint_of(shape, use);
    if (!footprint) {
      EXPECT_FALSE(footprint.error().what.empty());
      continue;
    }
    ++answered;
    for (const Part& part : footprint->parts) {
      EXPECT_LE(part.bytes.low, part.bytes.likely) << part.name;
      EXPECT_LE(part.bytes.likely, part.bytes.high) << part.name;
      EXPECT_GE(part.bytes.low, Bytes{}) << part.name;
      EXPECT_FALSE(part.formula.empty()) << part.name;
    }
    EXPECT_TRUE(!use.on_cpu || footprint->sum(Where::vram) == Range{});
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(answered, 5'000);
}

TEST(HostileTest, FindsALimitForWhateverItIsGiven) {
  Dice dice(6);
  for (int i = 0; i < 500; ++i) {
    const Shape shape = any_shape(dice);
    Use use = any_use(dice);
    use.cuda_graphs = false;
    const auto context = largest_context(shape, use, Where::vram, 8_GiB);
    if (context) {
      EXPECT_LE(*context, kLongestContext);
    }
    const auto seconds = largest_audio_seconds(shape, use, Where::vram, 8_GiB);
    if (seconds) {
      EXPECT_LE(*seconds, kLongestAudio);
    }
  }
}

}  // namespace
}  // namespace spillway::fit
