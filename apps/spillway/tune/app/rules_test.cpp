#include "tune/app/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A service that takes 7 of 3.5 GiB RAM and 6 of 4 GiB VRAM.
const AppSituation kShort{
    .ram = {7_GiB, 3584_MiB, true}, .vram = {6_GiB, 4_GiB, true}, .vram_total = {}};

std::vector<AppEdit> edits_of(std::string_view file, AppFormat format,
                              const AppSituation& situation = kShort) {
  const auto scalars = app_scalars(file, format, "file");
  EXPECT_TRUE(scalars) << to_string(scalars.error());
  return scalars ? app_edits(file, *scalars, situation) : std::vector<AppEdit>{};
}

std::vector<std::string> changes(const std::vector<AppEdit>& edits) {
  std::vector<std::string> all;
  for (const AppEdit& edit : edits)
    all.push_back(edit.path + " " + edit.before + " -> " + edit.after);
  return all;
}

constexpr std::string_view kService = R"({
  "worker_processes": 4,
  "batch_size": 16,      "name": "batch_size 16",
  "gpu": { "gpu_batch_size": 8, "memory_fraction": 0.95, "allow_growth": false },
  "cache_size_mb": 512,
  "maxConnections": 100,
  "port": 8080,
  "timeout": "30s"
}
)";

TEST(AppEdits, HalveWhatMemoryGrowsWith) {
  EXPECT_THAT(
      changes(edits_of(kService, AppFormat::json)),
      ElementsAre("worker_processes 4 -> 2", "batch_size 16 -> 8", "gpu.gpu_batch_size 8 -> 4",
                  "gpu.memory_fraction 0.95 -> 0.8", "gpu.allow_growth false -> true",
                  "cache_size_mb 512 -> 256", "maxConnections 100 -> 50"));
}

TEST(AppEdits, FollowTheUseAndTheTarget) {
  AppSituation fits = kShort;
  fits.ram.used = 3_GiB;
  fits.vram.used = 3_GiB;
  EXPECT_THAT(changes(edits_of("workers: 4\nbatch_size: 8\n", AppFormat::yaml, fits)), IsEmpty());
  AppSituation four_times = kShort;
  four_times.ram.used = 13_GiB;
  EXPECT_THAT(changes(edits_of("workers: 8\n", AppFormat::yaml, four_times)),
              ElementsAre("workers 8 -> 2"));
  four_times.ram.used = 1000_GiB;
  EXPECT_THAT(changes(edits_of("workers: 2\n", AppFormat::yaml, four_times)),
              ElementsAre("workers 2 -> 1"));
  AppSituation unknown;
  unknown.vram = {std::nullopt, 4_GiB, true};
  EXPECT_THAT(changes(edits_of("gpu_batch_size: 8\nworkers: 4\n", AppFormat::yaml, unknown)),
              ElementsAre("gpu_batch_size 8 -> 4"));
  unknown.vram.asked = false;
  EXPECT_THAT(changes(edits_of("gpu_batch_size: 8\n", AppFormat::yaml, unknown)), IsEmpty());
}

TEST(AppEdits, LowerAShareToTheTarget) {
  AppSituation card = kShort;
  card.vram_total = 12_GiB;
  EXPECT_THAT(changes(edits_of("gpu_memory_utilization: 0.9\n", AppFormat::yaml, card)),
              ElementsAre("gpu_memory_utilization 0.9 -> 0.33"));
  EXPECT_THAT(changes(edits_of("memory_fraction: 0.5\n", AppFormat::yaml)), IsEmpty());
}

TEST(AppEdits, LeaveAloneWhatTheyDoNotUnderstand) {
  EXPECT_THAT(changes(edits_of("workers: auto\nbatch_size: -4\nmemory_fraction: 90\n"
                               "cache_size: 5 files\nworkers_x: 4\nallow_growth: 0\n"
                               "max_connections: 99999999999999999999999\n",
                               AppFormat::yaml)),
              IsEmpty());
  EXPECT_THAT(changes(edits_of("cache_size: 512MB\nallow_growth: False\nuse_mlock: true\n",
                               AppFormat::yaml)),
              ElementsAre("cache_size 512MB -> 256MB", "allow_growth False -> True",
                          "use_mlock true -> false"));
}

/// What patch(1) makes of the file.
std::string patched(std::string_view file, const std::string& diff) {
  const support::TempDir folder;
  const std::string path = folder.write("file", file), patch = folder.write("diff", diff);
  EXPECT_EQ(std::system(("patch --silent --batch '" + path + "' '" + patch + "'").c_str()), 0)
      << diff;
  return folder.read("file");
}

TEST(AppDiff, IsTakenByPatchAndLeavesTheRestAlone) {
  if (std::system("patch --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "patch is not installed";
  std::string middle;
  for (int i = 0; i < 20; ++i) middle += "# line " + std::to_string(i) + "\n";
  const std::string files[] = {
      std::string(kService), "workers: 4 # keep\r\n# comment\r\nname:   x\r\nbatch_size:    16\r\n",
      "workers: 4\n" + middle + "batch_size: 16\n" + middle + "queue_size: 10",
      "workers: 4\nqueue_size: 8\na: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\ncache_mb: 64\n",
      "batch_size: 16"};
  for (const std::string& file : files) {
    const auto format = app_format("file", file);
    const auto edits = edits_of(file, format);
    std::string expected = file;
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
      expected.replace(edit->begin, edit->end - edit->begin, edit->after);
    }
    ASSERT_NE(expected, file);
    EXPECT_EQ(patched(file, app_diff(file, "file", edits)), expected);
  }
  EXPECT_EQ(app_diff("a: 1\n", "file", {}), "");
}

TEST(AppDiff, ShowsThreeLinesAround) {
  const std::string file = "1: 1\n2: 1\n3: 1\n4: 1\nworkers: 4\n6: 1\n7: 1\n8: 1\n9: 1\n";
  EXPECT_EQ(
      app_diff(file, "a.yaml", edits_of(file, AppFormat::yaml)),
      "--- a.yaml\n+++ a.yaml\n@@ -2,7 +2,7 @@\n 2: 1\n 3: 1\n 4: 1\n-workers: 4\n+workers: 2\n"
      " 6: 1\n 7: 1\n 8: 1\n");
}

}  // namespace
}  // namespace spillway
