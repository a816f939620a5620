#pragma once

#include <string>

#include "fit/footprint.h"
#include "fit/need/amount.h"

namespace spillway::fit {

/// What an encoder computes with, for the longest input of `use`: bytes = b x T + c x T^2.
struct EncoderPeak {
  Amount frames = 0;  // T: what its attention sees
  Range bytes;
  Origin origin = Origin::formula;
  std::string formula;
};

/// Frames or patches of the input: `audio_seconds` of audio, `images`, or the encoder's own longest.
/// Text where it is neither.
Amount encoder_frames(const Encoder& encoder, const Use& use);

/// `type`: what it computes in.
EncoderPeak encoder_peak(const Encoder& encoder, const Use& use, TensorType type);

}  // namespace spillway::fit
