#include "capi/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/text.h"
#include "capi/versioned.h"
#include "capi/worker_vram_sensor.h"

namespace spillway {

namespace {

constexpr Duration kLongest = 24h * 365;

std::string text(const char* from) { return from == nullptr ? std::string() : std::string(from); }

// /proc/self/comm: the name of the process, at most 15 bytes (Documentation/filesystems/proc.rst).
std::string process_name() {
  const UniqueFd fd(::open("/proc/self/comm", O_RDONLY | O_CLOEXEC));
  char name[64] = "";
  const ssize_t size = fd ? ::read(fd.get(), name, sizeof name) : 0;
  const std::string_view read(name, size > 0 ? static_cast<std::size_t>(size) : 0);
  return read.empty() ? "program" : std::string(trimmed(read));
}

std::string absolute(const char* path) {
  if (path[0] == '/') return path;
  char here[PATH_MAX] = "";
  return text(::getcwd(here, sizeof here)) + "/" + path;
}

// As the XDG Base Directory Specification has it: relative paths are ignored. Empty without a home.
std::string state_dir(const std::string& program) {
  const char* xdg = std::getenv("XDG_STATE_HOME");
  if (xdg != nullptr && xdg[0] == '/') return text(xdg) + "/spillway/" + program;
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return text(home) + "/.local/state/spillway/" + program;
  return {};
}

Result<Duration> duration(std::int64_t ms, Duration otherwise, const char* member) {
  if (ms == 0) return otherwise;
  if (ms < 0) return fail(Errc::invalid, "must not be negative", member);
  return ms > kLongest / 1ms ? kLongest : Duration(std::chrono::milliseconds(ms));
}

struct Shares {
  double warning, critical, emergency, shutdown, restore_below;
};

/// Exits keep their distance below the entries that were given.
Status apply(const Shares& given, PoolPolicy& policy, const char* where) {
  const std::pair<Level, double> enters[] = {{Level::warning, given.warning},
                                             {Level::critical, given.critical},
                                             {Level::emergency, given.emergency},
                                             {Level::shutdown, given.shutdown}};
  double lower = 0;
  for (const auto& [level, enter] : enters) {
    LevelRule& rule = policy.levels[index(level)];
    if (!(enter >= 0 && enter <= 1)) {
      return fail(Errc::invalid, std::string(name(level)) + " must be a share from 0 to 1", where);
    }
    if (enter > 0) {
      const double gap = rule.enter - rule.exit;
      rule.enter = enter;
      rule.exit = std::max(enter - gap, enter * 0.9);
    }
    if (rule.enter <= lower) {
      return fail(Errc::invalid, "the levels' shares must rise from warning to shutdown", where);
    }
    lower = rule.enter;
  }
  if (!(given.restore_below >= 0 && given.restore_below <= 1)) {
    return fail(Errc::invalid, "restore_below must be a share from 0 to 1", where);
  }
  const double warning_exit = policy.at(Level::warning).exit;
  if (given.restore_below > warning_exit) {
    return fail(Errc::invalid, "restore_below must be below the end of warning", where,
                "that is at " + std::to_string(warning_exit));
  }
  policy.restore_below = given.restore_below > 0
                             ? given.restore_below
                             : std::min(policy.restore_below, warning_exit * 0.8);
  return {};
}

Result<Policy> read_policy(const spillway_options& raw) {
  Policy policy;
  const Shares shares{raw.warning, raw.critical, raw.emergency, raw.shutdown, raw.restore_below};
  std::vector<std::pair<std::string, PoolPolicy>> own;
  if (auto done = apply(shares, policy.defaults, "options"); !done) {
    return tl::unexpected(done.error());
  }
  for (auto& [pattern, pool] : policy.pools) {
    if (auto done = apply(shares, pool, "options"); !done) return tl::unexpected(done.error());
  }
  const auto rules = read_array(raw.pool_rules, raw.pool_rule_count);
  if (!rules) return tl::unexpected(rules.error());
  for (const spillway_pool_rule& rule : *rules) {
    if (rule.pool == nullptr || *rule.pool == 0) {
      return fail(Errc::invalid, "names no pool", "pool_rules");
    }
    PoolPolicy pool = policy.of(PoolId{rule.pool});
    const Shares its{rule.warning, rule.critical, rule.emergency, rule.shutdown,
                     rule.restore_below};
    if (auto done = apply(its, pool, rule.pool); !done) return tl::unexpected(done.error());
    if (rule.free_below < 0) return fail(Errc::invalid, "free_below is negative", rule.pool);
    if (rule.free_below > 0) {
      pool.levels[index(Level::critical)].free_below = Bytes{rule.free_below};
    }
    own.emplace_back(rule.pool, pool);
  }
  policy.pools.insert(policy.pools.begin(), own.begin(), own.end());

  const auto check = duration(raw.check_interval_ms, policy.cadence.longest, "check_interval_ms");
  const auto call =
      duration(raw.callback_deadline_ms, policy.ladder.step_deadline, "callback_deadline_ms");
  if (!check) return tl::unexpected(check.error());
  if (!call) return tl::unexpected(call.error());
  policy.cadence.longest = std::max(*check, policy.cadence.shortest);
  policy.ladder.step_deadline = *call;
  policy.dry_run = raw.dry_run != 0;
  return policy;
}

}  // namespace

Result<ManagerOptions> read_options(const spillway_options* options) {
  spillway_options none = {};
  none.struct_size = sizeof none;
  const auto raw = read_struct(options == nullptr ? &none : options);
  if (!raw) return tl::unexpected(raw.error());

  ManagerOptions out;
  out.program = raw->program == nullptr ? process_name() : raw->program;
  if (out.program.empty() || out.program.size() > 100 ||
      out.program.find('/') != std::string::npos) {
    return fail(Errc::invalid, "must be a name of 1 to 100 bytes without '/'", "program");
  }
  if (raw->mode != SPILLWAY_MODE_AUTO && raw->mode != SPILLWAY_MODE_EMBEDDED) {
    return fail(Errc::invalid, "is none of SPILLWAY_MODE_", "mode");
  }
  out.join = raw->mode == SPILLWAY_MODE_AUTO;
  out.socket = text(raw->socket);
  auto policy = read_policy(*raw);
  if (!policy) return tl::unexpected(policy.error());
  out.policy = std::move(*policy);

  out.only_given_pools = raw->only_given_pools != 0;
  const auto injected = read_array(raw->injected, raw->injected_count);
  if (!injected) return tl::unexpected(injected.error());
  for (const spillway_injected_pool& pool : *injected) {
    if (pool.name == nullptr || *pool.name == 0 || pool.path == nullptr || *pool.path == 0) {
      return fail(Errc::invalid, "needs a name and a path", "injected");
    }
    out.injected.push_back({pool.name, absolute(pool.path)});
  }
  if (raw->cgroup_count > 0 && raw->cgroups == nullptr) {
    return fail(Errc::invalid, "a required array is null", "cgroups");
  }
  for (std::size_t i = 0; i < raw->cgroup_count; ++i) {
    if (raw->cgroups[i] == nullptr) return fail(Errc::invalid, "holds a null", "cgroups");
    out.cgroups.emplace_back(raw->cgroups[i]);
  }

  const auto window = duration(raw->error_window_ms, out.error_window, "error_window_ms");
  if (!window) return tl::unexpected(window.error());
  out.error_window = *window;
  if (raw->error_limit < 0) return fail(Errc::invalid, "must not be negative", "error_limit");
  if (raw->error_limit > 0) out.error_limit = raw->error_limit;
  out.state_dir = raw->state_dir != nullptr ? raw->state_dir : state_dir(out.program);
  out.builtin_trims = raw->no_builtin_trims == 0;
  if (raw->no_gpu_worker == 0) out.worker = installed_worker();
  out.log = raw->log;
  out.log_user = raw->log_user;
  out.log_user_free = raw->log_user_free;
  out.log_threshold = static_cast<Severity>(std::clamp(raw->log_threshold, 0, 3));
  return out;
}

}  // namespace spillway
