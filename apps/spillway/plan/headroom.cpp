#include "plan/headroom.h"

#include <algorithm>

#include "base/text.h"
#include "fit/need/inverse.h"

namespace spillway {
namespace {

const PoolStatus* find_pool(const StatusReport& report, const PoolId& pool) {
  const auto found =
      std::find_if(report.pools.begin(), report.pools.end(),
                   [&](const PoolStatus& status) { return status.assessment.pool == pool; });
  return found == report.pools.end() ? nullptr : &*found;
}

/// In VRAM where it holds any, else in RAM.
void take_larger(Running& running, const PoolId& pool, Bytes bytes) {
  const bool gpu = pool.kind() == PoolKind::vram;
  if (!gpu && pool != kRam) return;
  const bool had_gpu = running.pool.kind() == PoolKind::vram && running.holds.count > 0;
  if (had_gpu && !gpu) return;
  if (gpu == had_gpu && bytes <= running.holds) return;
  running.pool = pool;
  running.holds = bytes;
}

}  // namespace

Result<Running> find_running(const StatusReport& report, const std::string& subject) {
  Running running;
  running.pool = kRam;
  const auto pid = parse_u64(subject);
  running.name = pid ? "process " + subject : subject;
  bool known = false;
  for (const Tenant& tenant : report.tenants) {
    const bool meant =
        pid ? tenant.process && static_cast<std::uint64_t>(tenant.process->pid) == *pid
            : tenant.id.text == subject;
    if (!meant) continue;
    known = true;
    for (const PoolChange& held : tenant.holds) take_larger(running, held.pool, held.delta);
  }
  for (const ProcessReading& owner : report.owners) {
    if (!pid || static_cast<std::uint64_t>(owner.key.pid) != *pid) continue;
    known = true;
    if (owner.rss) take_larger(running, kRam, *owner.rss);
  }
  for (const DeviceUse& use : report.device_uses) {
    if (!pid || static_cast<std::uint64_t>(use.pid) != *pid) continue;
    known = true;
    take_larger(running, use.pool, use.bytes);
  }
  if (!known) {
    return fail(Errc::not_found, "no tenant and no process of this name is known", subject,
                "spillway ps --all lists them");
  }
  const PoolStatus* pool = find_pool(report, running.pool);
  if (pool == nullptr || !pool->assessment.used || !pool->assessment.total ||
      running.holds.count <= 0) {
    return fail(Errc::unavailable, "what it holds is not known", subject);
  }
  running.used = *pool->assessment.used;
  running.total = *pool->assessment.total;
  return running;
}

std::optional<std::string> model_of_command(std::string_view command_line) {
  bool next = false;
  while (const auto word = next_token(command_line, '\0')) {
    if (next) return std::string(*word);
    next = *word == "-m" || *word == "--model";
    for (const std::string_view prefix : {"--model=", "-m="}) {
      if (word->starts_with(prefix)) return std::string(word->substr(prefix.size()));
    }
  }
  return std::nullopt;
}

Result<std::optional<std::uint64_t>> tokens_left(const fit::ModelToPlan& model,
                                                 const Running& running, const Policy& policy,
                                                 const fit::FootprintOf& need) {
  const fit::Backend backend = fit::backend_of(model.shape, model.use);
  if (backend == fit::Backend::llama_cpp || backend == fit::Backend::vllm) return std::nullopt;
  fit::Use use = model.use;
  if (running.pool == kRam) use.on_cpu = true;
  const double warning = policy.of(running.pool).at(Level::warning).enter;
  const Bytes room = scaled(running.total, warning) - running.used;
  const fit::Where where =
      running.pool.kind() == PoolKind::vram ? fit::Where::vram : fit::Where::ram;
  const auto reached = [&](Bytes limit) {
    return fit::largest_context(model.shape, use, where, limit, fit::Bound::likely, need);
  };
  const auto now = reached(running.holds);
  if (!now) return tl::unexpected(now.error());
  if (*now == 0) {
    return fail(Errc::invalid, "holds less than this model needs: is it the one that it runs?",
                running.name);
  }
  const auto then = reached(running.holds + std::max(Bytes{}, room));
  if (!then) return tl::unexpected(then.error());
  if (*then >= fit::kLongestContext) return std::nullopt;
  return *then - std::min(*now, *then);
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace spillway
