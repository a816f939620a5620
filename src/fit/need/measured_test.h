#pragma once

#include <array>
#include <cstdint>

#include "fit/use.h"

namespace spillway::fit::measured {

/// One run of a model of random weights in bf16 on an H200, one prompt, logits of the last position
/// (shared/data/vram-qwen2.5-3b.json): bytes as torch.cuda reports them, and NVML's `used`.
struct Row {
  Attention attention;
  std::uint64_t tokens;
  std::int64_t weights, prefill_peak, after, decode_peak, reserved, used;
};

/// Qwen2.5-3B.
constexpr std::array kRows = {
    // clang-format off
    Row{Attention::eager, 512, 6285649408, 6394447360, 53785600, 6343777280, 7084179456, 7804354560},
    Row{Attention::eager, 1024, 6285649408, 6553576960, 72664064, 6366932992, 7115636736, 7835811840},
    Row{Attention::eager, 2048, 6285649408, 7126640128, 110420992, 6438373376, 7411335168, 8131510272},
    Row{Attention::eager, 4096, 6285649408, 9291982336, 185934848, 6505867264, 10286530560, 11006705664},
    Row{Attention::eager, 8192, 6285649408, 17699530240, 336962560, 6691112960, 19948109824, 20668284928},
    Row{Attention::eager, 12000, 6285649408, 30394818048, 477371392, 6863333376, 43985666048, 44705841152},
    Row{Attention::eager, 16384, 6285649408, 50822080000, 639017984, 7062650880, 76319555584, 77039730688},
    Row{Attention::flash, 512, 6309897728, 6371116544, 19051520, 6329294336, 7094665216, 7823228928},
    Row{Attention::flash, 1024, 6309897728, 6434039296, 37929984, 6348407808, 6591348736, 7319912448},
    Row{Attention::flash, 2048, 6309897728, 6558311936, 75686912, 6411817984, 6723469312, 7452033024},
    Row{Attention::flash, 4096, 6309897728, 6800565760, 151200768, 6463251456, 6857687040, 7586250752},
    Row{Attention::flash, 8192, 6309897728, 7291364864, 302228480, 6616376320, 7440695296, 8169259008},
    Row{Attention::flash, 12000, 6309897728, 7748933120, 443767808, 6759858688, 8189378560, 8917942272},
    Row{Attention::flash, 16384, 6309897728, 8272963072, 604283904, 6922626048, 8833204224, 9563865088},
    // clang-format on
};

}  // namespace spillway::fit::measured
