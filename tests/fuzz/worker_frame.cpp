// What spillwayd accepts from spillway-worker: bounded, of no later moment, and nothing but GPUs.

#include "wire/worker_frame.h"

#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

constexpr TimePoint kNow(1h);

void worker_frame(std::string_view text) {
  const auto frame = parse_worker_frame(text, kNow);
  if (!frame) return;
  must(frame->within >= Duration{} && frame->within <= kLongestPromise);
  for (const PoolReading& pool : frame->report.seen.pools) {
    must(pool.pool.kind() == PoolKind::vram && pool.taken <= kNow);
  }
  for (const DeviceUse& use : frame->report.seen.device_uses) must(use.pid > 0);
  must(frame->report.seen.processes.empty() && frame->report.seen.stalls.empty());

  const std::string written = format_worker_frame(*frame);
  must(written.find('\n') == written.size() - 1);
  const auto again =
      parse_worker_frame(std::string_view(written).substr(0, written.size() - 1), kNow);
  must(again && format_worker_frame(*again) == written);
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::worker_frame)
