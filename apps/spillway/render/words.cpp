#include "render/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace spillway {
namespace {

constexpr double kNoticeable = 256 * 1024;  // bytes per second
constexpr std::size_t kCardDigits = 8;
constexpr std::string_view kCard = "vram:";
constexpr std::string_view kGroup = "cgroup:";

/// What a tenant is called while a measure is in force on it.
constexpr std::string_view participle(Rung rung) {
  switch (rung) {
    case Rung::unload_idle: return "unloaded";
    case Rung::shrink: return "shrunk";
    case Rung::offload: return "offloaded";
    case Rung::spill: return "spilled";
    case Rung::evict: return "evicted";
    case Rung::freeze: return "frozen";
    case Rung::stop: return "stopped";
    case Rung::trim: return "trimmed";
    case Rung::reclaim: return "reclaimed";
    case Rung::preserve: return "preserved";
    case Rung::notify:
    case Rung::refuse: return "told";
  }
  return "told";
}

/// Whether a person would say that the tenant is not where it was.
constexpr bool moves(Rung rung) {
  switch (rung) {
    case Rung::unload_idle:
    case Rung::shrink:
    case Rung::offload:
    case Rung::spill:
    case Rung::evict:
    case Rung::freeze:
    case Rung::stop: return true;
    default: return false;
  }
}

const Taken* latest_move(const Tenant& tenant) {
  const auto last = std::find_if(tenant.taken.rbegin(), tenant.taken.rend(),
                                 [](const Taken& taken) { return moves(taken.rung); });
  return last == tenant.taken.rend() ? nullptr : &*last;
}

}  // namespace

std::string amount(const std::optional<Bytes>& bytes) { return bytes ? to_string(*bytes) : "-"; }

std::string part_of(const std::optional<Bytes>& part, const std::optional<Bytes>& whole) {
  std::string left = part ? to_string(*part) : "?";
  const std::string right = whole ? to_string(*whole) : "?";
  const auto unit = [](const std::string& text) { return text.substr(text.find(' ') + 1); };
  if (part && whole && unit(left) == unit(right)) left.resize(left.find(' '));
  return left + " of " + right;
}

std::string trend(const PoolAssessment& pool) {
  if (!pool.growth || std::abs(*pool.growth) < kNoticeable) return {};
  const Bytes rate{static_cast<std::int64_t>(*pool.growth)};
  std::string text = (rate.count > 0 ? "+" : "") + to_string(rate) + "/s";
  if (pool.full_in) text += ", full in " + to_string(*pool.full_in);
  return text;
}

PoolNames::PoolNames(const std::vector<PoolStatus>& pools) {
  for (const PoolStatus& pool : pools) {
    if (pool.assessment.pool.kind() == PoolKind::vram) cards_.push_back(pool.assessment.pool);
  }
}

std::string PoolNames::of(const PoolId& pool) const {
  const std::string& text = pool.text;
  if (pool.kind() == PoolKind::vram) {
    if (cards_.size() <= 1) return "vram";
    const std::string id = text.substr(std::min(kCard.size(), text.size()));
    const std::size_t start = id.starts_with("GPU-") ? 4 : 0;
    return "vram:" + id.substr(start, kCardDigits);
  }
  if (pool.kind() == PoolKind::cgroup) {
    const std::size_t slash = text.rfind('/');
    if (slash == std::string::npos || slash <= kGroup.size()) return text;
    return "cgroup:.." + text.substr(slash);
  }
  return text;
}

std::optional<Rung> moved_by(const Tenant& tenant) {
  const Taken* move = latest_move(tenant);
  return move ? std::optional(move->rung) : std::nullopt;
}

std::string state_of(const Tenant& tenant) {
  std::string state;
  if (const Taken* move = latest_move(tenant)) {
    state = participle(move->rung);
    if (!move->detail.empty()) state += " to " + move->detail;
  }
  if (!tenant.connected) return state.empty() ? "not connected" : state + ", not connected";
  if (!state.empty()) return state + (tenant.busy ? ", busy" : "");
  return tenant.busy ? "busy" : "resident";
}

std::string gives(const Tenant& tenant, const std::vector<Capability>& capabilities) {
  if (tenant.pinned) return "nothing: pinned";
  std::string text;
  const auto add = [&](bool can, std::string_view measure, const std::string& detail = {}) {
    const bool works = std::none_of(capabilities.begin(), capabilities.end(), [&](const auto& c) {
      return c.name == measure && !c.available;
    });
    if (!can || !works) return;
    text.append(text.empty() ? "" : ", ").append(measure).append(detail);
  };
  const Abilities& can = tenant.abilities;
  add(can.trim, "trim", tenant.trimmable ? " " + to_string(*tenant.trimmable) : std::string());
  add(can.unload, "unload");
  add(can.shrink, "shrink");
  add(can.offload, "offload");
  add(!tenant.cgroup.empty(), "reclaim");
  add(tenant.process.has_value(), "freeze");
  add(tenant.stop_allowed, "stop");
  return text.empty() ? "nothing" : text;
}

std::string changes(const std::vector<PoolChange>& changes) {
  std::string text;
  for (const bool frees : {true, false}) {
    for (const PoolChange& change : changes) {
      if (change.delta.count == 0 || (change.delta.count < 0) != frees) continue;
      const Bytes size = frees ? -change.delta : change.delta;
      text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", frees ? "frees" : "takes",
                          to_string(size), change.pool.text);
    }
  }
  return text.empty() ? "no change known" : text;
}

std::string sentence(const Step& step) {
  std::string text(step.direction == Direction::restore ? "restore" : name(step.rung));
  if (!step.tenant.text.empty()) text += " " + step.tenant.text;
  if (!step.detail.empty()) text += " to " + step.detail;
  if (!step.estimate.empty()) text += ": " + changes(step.estimate);
  return text;
}

}  // namespace spillway
