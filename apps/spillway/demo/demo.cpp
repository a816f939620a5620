#include "demo/demo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "demo/budget.h"
#include "demo/memory_limit.h"
#include "demo/scenario.h"
#include "demo/stage.h"
#include "demo/verdict.h"
#include "voice/weights.h"

namespace spillway {
namespace {

namespace fs = std::filesystem;

/// A day in forty seconds: what has rested for five of them is idle. How long a move takes is the disk's
/// business: what is slow here is no tenant that hangs. All else is as it comes.
constexpr const char* kPolicy = "ladder.idle_after = \"5s\"\nladder.step_deadline = \"20s\"\n";

std::string own_directory() { return fs::read_symlink("/proc/self/exe").parent_path().string(); }

/// Beside this program in a build tree, in libexec once installed.
Result<std::string> find_programs() {
  for (const std::string& place : {own_directory(), own_directory() + "/../libexec/spillway",
                                   own_directory() + "/../lib/spillway"}) {
    if (::access((place + "/voice-llm").c_str(), X_OK) == 0) return place;
  }
  return fail(Errc::not_found, "the demo's programs (voice-llm ...) are not installed", {},
              "build them with ./dev build");
}

Bytes available_ram() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  for (std::int64_t kib = 0; file >> key >> kib >> unit;) {
    if (key == "MemAvailable:") return Bytes{kib << 10};
  }
  return {};
}

/// The guard itself: outside the limit, on a socket and with a configuration of the demo's own.
Result<Child> start_daemon(const std::string& directory, const std::string& config,
                           const std::string& record) {
  std::ofstream(directory + "/spillway.toml")
      << kPolicy << config << fmt::format("daemon.state_dir = \"{}/state\"\n", directory);
  ChildSpec spec{
      .command = {own_directory() + "/spillwayd", "--socket", directory + "/control.sock",
                  "--config", directory + "/spillway.toml", "--journal", directory + "/journal"},
      .errors = directory + "/spillwayd.log"};
  if (!record.empty()) spec.command.insert(spec.command.end(), {"--record", record});
  auto daemon = Child::start(spec);
  for (int i = 0; daemon && i < 250; ++i) {
    if (::access((directory + "/control.sock").c_str(), F_OK) == 0) return daemon;
    if (daemon->ended()) break;
    ::usleep(20'000);
  }
  std::ifstream log(spec.errors);
  std::string said, line;
  while (std::getline(log, line)) said += "\n  " + line;
  return fail(Errc::unavailable, "spillwayd did not start; it said:" + said, spec.command[0]);
}

class Demo {
 public:
  Demo(DemoOptions options, Ground ground, Sizes sizes, const Result<MemoryLimit>& limit)
      : options_(std::move(options)),
        ground_(std::move(ground)),
        sizes_(sizes),
        limit_(limit),
        story_(options_.json ? stderr : stdout),
        timeline_(story_) {}

  /// Whether the guard did all that it promises.
  Result<bool> perform() {
    for (const StageSize& stage : sizes_.stages) {
      voice::Weights::create(ground_.weights(stage), stage.seed,
                             static_cast<std::size_t>(stage.weights.count));
    }
    return limit_ ? under(*limit_) : on_budget(limit_.error());
  }

 private:
  Result<bool> under(const MemoryLimit& limit) {
    fmt::print(
        story_,
        "Four programs of a voice stack (vad, stt, tts, llm) hold {} of weights under a memory\n"
        "limit of {} ({}). Then a visitor wants {}.\n",
        to_string(sizes_.weights()), to_string(sizes_.limit), limit.version(),
        to_string(sizes_.visitor));

    timeline_.chapter("Without Spillway");
    timeline_.restart();
    Run run = limited(limit);
    run.common.command = {"--unguarded"};
    const auto without = play(run);
    if (!without) return tl::unexpected(without.error());
    const std::uint64_t kills_before = limit.oom_kills();

    timeline_.chapter("With Spillway");
    timeline_.restart();
    Run guarded = limited(limit);
    guarded.kernel_kills = [&] { return limit.oom_kills() - kills_before; };
    const auto with = watched(std::move(guarded), PoolId{"cgroup:" + limit.path()},
                              fmt::format("daemon.cgroups = [\"{}\"]\n", limit.path()));
    if (!with) return tl::unexpected(with.error());
    return conclude(*without, *with);
  }

  Run limited(const MemoryLimit& limit) {
    return Run{.ground = ground_,
               .sizes = sizes_,
               .timeline = timeline_,
               .common = {.cgroup_procs = limit.procs()},
               .visitor_cgroup_procs = limit.procs(),
               .used = [&limit] { return limit.used(); },
               .kernel_kills = [&limit] { return limit.oom_kills(); },
               .members = [](const auto&) {}};
  }

  /// No cgroup: the guard keeps the programs within a budget that nothing enforces.
  Result<bool> on_budget(const Error& why) {
    fmt::print(
        story_,
        "No memory limit can be set here: {}.\n"
        "So nothing below would have been killed. Instead the guard keeps four programs with {} "
        "of\n"
        "weights, and a visitor of {}, within a budget of {}.\n",
        to_string(why), to_string(sizes_.weights()), to_string(sizes_.visitor),
        to_string(sizes_.limit));
    const std::string file = ground_.directory + "/budget";
    Budget budget(file, sizes_.limit);
    timeline_.chapter("With Spillway, on a budget");
    timeline_.restart();
    Run run{.ground = ground_,
            .sizes = sizes_,
            .timeline = timeline_,
            .common = {.command = {"--pool", "injected:budget"}},
            .used = [&] { return budget.used(); },
            .kernel_kills = [] { return std::uint64_t{0}; },
            .members = [&](const auto& pids) { budget.members(pids); }};
    const auto with = watched(std::move(run), PoolId{"injected:budget"},
                              fmt::format("injected.budget = \"{}\"\n", file));
    if (!with) return tl::unexpected(with.error());
    return conclude(std::nullopt, *with);
  }

  Result<DemoVerdict> watched(Run run, const PoolId& pool, const std::string& config) {
    auto daemon = start_daemon(ground_.directory, config, options_.record);
    if (!daemon) return tl::unexpected(daemon.error());
    const std::string socket = ground_.directory + "/control.sock";
    auto follower = Follower::start(socket, pool, timeline_);
    if (!follower) return tl::unexpected(follower.error());
    run.common.environment.emplace_back("SPILLWAY_SOCKET", socket);
    run.common.environment.emplace_back("XDG_STATE_HOME", ground_.directory);
    run.follower = follower->get();
    auto verdict = play(run);
    follower->reset();
    daemon->stop(5s);
    return verdict;
  }

  bool conclude(const std::optional<DemoVerdict>& without, const DemoVerdict& with) {
    if (options_.json) {
      fmt::print("{}\n",
                 document(limit_ ? limit_->version() : "budget", sizes_.limit, without, with));
      return good(with);
    }
    fmt::print("\n{}", table(without, with));
    if (!options_.record.empty()) {
      fmt::print("\nRecorded in {0}; see what today's rules would decide:\n  spillway replay {0}\n",
                 options_.record);
    }
    return good(with);
  }

  const DemoOptions options_;
  const Ground ground_;
  const Sizes sizes_;
  const Result<MemoryLimit>& limit_;
  std::FILE* const story_;
  Timeline timeline_;
};

ExitCode report(const Error& error) {
  fmt::print(stderr, "spillway demo: {}\n", to_string(error));
  return ExitCode::failure;
}

ExitCode perform(Demo demo) {
  try {
    const auto good = demo.perform();
    if (!good) return report(good.error());
    return *good ? ExitCode::ok : ExitCode::failure;
  } catch (const std::exception& error) {  // writing the weights: a full disk
    return report({Errc::io, error.what(), {}, "the demo needs 2 GB in TMPDIR or /var/tmp"});
  }
}

}  // namespace

ExitCode demo(const DemoOptions& options) {
  auto programs = find_programs();
  if (!programs) return report(programs.error());
  auto sizes = sizes_for(available_ram(), options.scale);
  if (!sizes) return report(sizes.error());
  DemoOptions absolute = options;
  if (!absolute.record.empty()) absolute.record = fs::absolute(absolute.record).string();
  const auto workspace = Workspace::make();
  if (!workspace) return report(workspace.error());
  const auto limit = MemoryLimit::make(sizes->limit);
  const Ground ground{workspace->path(), *programs};
  return on_stage([&] { return perform(Demo(absolute, ground, *sizes, limit)); });
}

}  // namespace spillway
