#include "tune/measure.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"
#include "doctor/read/memory.h"
#include "record/journal_reader.h"
#include "session.h"

namespace spillway {
namespace {

using doctor::TuneUse;

TuneUse use_of_snapshot(const Snapshot& snapshot) {
  TuneUse use;
  for (const PoolReading& pool : snapshot.pools) {
    if (!pool.used) continue;
    if (pool.pool.kind() == PoolKind::vram) use.vram = use.vram.value_or(0_B) + *pool.used;
    if (pool.pool == kSwap) use.swap = pool.used;
    if (pool.pool == kRam) {
      use.ram = pool.used;
      if (pool.total) use.available = *pool.total - *pool.used;
    }
  }
  return use;
}

/// A figure of all GPUs together.
std::optional<Bytes> vram(StatusSource& source, std::optional<Bytes> PoolAssessment::*figure) {
  const auto report = source.look(false);
  if (!report) return std::nullopt;
  std::optional<Bytes> sum;
  for (const PoolStatus& pool : report->pools) {
    const auto& bytes = pool.assessment.*figure;
    if (pool.assessment.pool.kind() == PoolKind::vram && bytes) sum = sum.value_or(0_B) + *bytes;
  }
  return sum;
}

std::unique_ptr<StatusSource> gpu_source(const Global& global, const TunePlace& place,
                                         bool wanted) {
  if (!wanted || !place.live()) return nullptr;
  auto source = open_status(global, false);
  return source ? std::move(*source) : nullptr;
}

TuneUse look(const TunePlace& place, StatusSource* gpus) {
  TuneUse use = doctor::use_of(doctor::read_memory(place.files));
  if (gpus != nullptr) use.vram = vram(*gpus, &PoolAssessment::used);
  return use;
}

}  // namespace

TuneUse look_at_use(const Global& global, const TunePlace& place, bool with_vram) {
  return look(place, gpu_source(global, place, with_vram).get());
}

std::optional<Bytes> vram_total(const Global& global, const TunePlace& place) {
  const auto gpus = gpu_source(global, place, true);
  return gpus == nullptr ? std::nullopt : vram(*gpus, &PoolAssessment::total);
}

TuneUse measure_use(const Global& global, const TunePlace& place, Duration time, bool with_vram) {
  const auto gpus = gpu_source(global, place, with_vram);
  const SystemClock clock;
  const TimePoint end = clock.now() + time;
  TuneUse use = look(place, gpus.get());
  while (clock.now() < end) {
    std::this_thread::sleep_for(std::min<Duration>(100ms, end - clock.now()));
    use.add(look(place, gpus.get()));
  }
  return use;
}

MeasuredCommand measure_command(const Global& global, const TunePlace& place,
                                const std::vector<std::string>& command, bool with_vram) {
  const auto gpus = gpu_source(global, place, with_vram);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  const SystemClock clock;
  const TimePoint begin = clock.now();
  MeasuredCommand measured;
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    measured.code = 127;
    return measured;
  }
  int status = 0;
  measured.use = look(place, gpus.get());
  TimePoint next = begin + 100ms;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(5ms);  // how exactly its end is seen
    if (clock.now() < next) continue;
    measured.use.add(look(place, gpus.get()));
    next = clock.now() + 100ms;
  }
  measured.took = clock.now() - begin;
  measured.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return measured;
}

Result<RecordedUse> recorded_use(const std::string& journal, WallTime from) {
  // Twice: how long "since" is, is known only at its end.
  RecordedUse recorded;
  WallTime first = from, last = from;
  for (const bool before : {false, true}) {
    auto reader = JournalReader::open(journal);
    if (!reader) return tl::unexpected(reader.error());
    const WallTime begin{from.unix_ns - recorded.span.count()};
    while (const auto event = reader->next()) {
      const Frame* frame = std::get_if<Frame>(&*event);
      if (frame == nullptr) continue;
      const WallTime at = frame->snapshot.wall;
      if (before && at >= begin && at < from) {
        recorded.before.add(use_of_snapshot(frame->snapshot));
        ++recorded.looks_before;
      } else if (!before && at >= from) {
        if (recorded.looks_since++ == 0) first = at;
        last = at;
        recorded.since.add(use_of_snapshot(frame->snapshot));
      }
    }
    recorded.span = Duration(last.unix_ns - first.unix_ns);
  }
  return recorded;
}

}  // namespace spillway
