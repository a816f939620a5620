#include "fit/need/encoder_peak.h"

#include <fmt/format.h>

#include <algorithm>

#include "fit/need/moments.h"
#include "fit/need/precision.h"
#include "fit/need/sum.h"

namespace spillway::fit {
namespace {

// NeMo's relative attention keeps several arrays of heads x T x T in f32 at once. 11 minutes through
// Parakeet-TDT-0.6B (T = 8250, 2.18 GB each) took near 20 GB: 8 to 9 (NVIDIA-NeMo/NeMo 14111).
constexpr double kRelativeArrays = 8.5, kFewestArrays = 8, kMostArrays = 9;

// Before that, ConvSubsampling holds its first convolution's output and what the next makes of it:
// 256 channels, a quarter of the frames' rate removed, half of 128 mel bands.
constexpr std::uint64_t kSubsampling = 2 * 256 * 4 * 64;

// Whisper's, BERT's and the image encoders' softmax stays in their own type: scores and what comes of
// them.
constexpr std::uint64_t kOwnScores = 2;

constexpr double kUnboundedSeconds = 60;  // where neither the model nor the user names a longest

EncoderPeak fast_conformer(const Encoder& encoder, Amount frames, std::uint64_t element,
                           std::uint64_t batch) {
  const Amount square = frames * frames * encoder.heads * 4 * batch;
  const Amount rows =
      (Amount{encoder.embedding} * 6 + Amount{encoder.feed_forward} * 2) * frames * element * batch;
  const Amount start = frames * kSubsampling * element * batch;
  EncoderPeak peak{.frames = frames};
  if (start > rows + square.times(kRelativeArrays)) {
    peak.bytes = around(start, 0.6, 1.15);
    peak.formula = fmt::format("subsampling: {} frames x 4 x 2 arrays of 256 x 64 x {} B",
                               frames.count, element);
    return peak;
  }
  peak.bytes = {(rows + square.times(kFewestArrays)).bytes(),
                (rows + square.times(kRelativeArrays)).bytes(),
                (rows + square.times(kMostArrays)).bytes()};
  peak.formula = fmt::format("8.5 (8 to 9) arrays of {} heads x {}^2 frames x 4 B", encoder.heads,
                             frames.count);
  return peak;
}

}  // namespace

Amount encoder_frames(const Encoder& encoder, const Use& use) {
  if (encoder.kind == EncoderKind::vision) return Amount{encoder.positions} * use.images;
  if (encoder.kind == EncoderKind::whisper) return encoder.positions;  // every 30 s are padded
  const bool bounded_input = encoder.positions > 0;
  if (encoder.positions_per_second <= 0) {  // text
    return bounded_input ? std::min(use.context, encoder.positions) : use.context;
  }
  if (use.audio_seconds <= 0 && bounded_input) return encoder.positions;
  const double seconds = use.audio_seconds > 0 ? use.audio_seconds : kUnboundedSeconds;
  const Amount frames = Amount{1}.times(seconds * encoder.positions_per_second);
  return bounded_input ? std::min(frames, Amount{encoder.positions}) : frames;
}

EncoderPeak encoder_peak(const Encoder& encoder, const Use& use, TensorType type) {
  const Amount frames = encoder_frames(encoder, use);
  const std::uint64_t element = element_bytes(type);
  if (encoder.kind == EncoderKind::fast_conformer) {
    return fast_conformer(encoder, frames, element, use.batch);
  }
  const bool vision = encoder.kind == EncoderKind::vision;
  const bool eager = use.attention == Attention::eager;
  const Amount d = encoder.embedding;
  // residual and norm, and either q, k, v and what comes of them or the widened row, twice
  const Amount row = d * 2 + std::max(d * 4, Amount{encoder.feed_forward} * 2);
  Amount bytes = row * element * frames * use.batch;
  // Images do not look at one another.
  const Amount seen = vision ? Amount{encoder.positions} : frames;
  const Amount pairs = (vision ? seen * seen * use.images : seen * seen) * use.batch;
  if (eager) bytes += pairs * encoder.heads * score_bytes(type, kOwnScores);
  EncoderPeak peak{.frames = frames, .bytes = around(bytes, 0.8, 1.15)};
  peak.formula =
      fmt::format("{} positions x {} B x {}{}", frames.count, element, row.count,
                  eager ? fmt::format(", and {} B x {} heads x {}^2", score_bytes(type, kOwnScores),
                                      encoder.heads, seen.count)
                        : "");
  return peak;
}

}  // namespace spillway::fit
