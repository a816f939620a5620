#include "plan/machine.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "render/words.h"

namespace spillway {
namespace {

/// What it would give when asked while it is idle; somebody at work or pinned gives nothing.
Bytes yield_of(const Tenant& tenant, const PoolId& pool) {
  if (tenant.pinned || tenant.busy || !tenant.connected) return {};
  const Bytes held = tenant.held_in(pool);
  if (tenant.abilities.offload || tenant.abilities.unload) return held;
  if (!tenant.abilities.trim || !tenant.trimmable) return {};
  return std::min(*tenant.trimmable, held);
}

fit::Room room_of(const PoolStatus& pool, std::string name, const std::vector<Tenant>& tenants) {
  const PoolAssessment& seen = pool.assessment;
  fit::Room room;
  room.name = std::move(name);
  room.device = seen.pool.text;
  room.total = seen.total.value_or(Bytes{});
  if (seen.free) {
    room.used = room.total - *seen.free;  // what the driver keeps for itself, too
  } else if (seen.used) {
    room.used = *seen.used;
  } else {
    room.assumed = true;
  }
  room.used = std::clamp(room.used, Bytes{}, std::max(Bytes{}, room.total));
  for (const Tenant& tenant : tenants) {
    const Bytes yield = yield_of(tenant, seen.pool);
    if (yield.count <= 0) continue;
    room.yields += yield;
    room.holders.push_back(tenant.id.text);
  }
  room.yields = std::min(room.yields, room.used);
  std::sort(room.holders.begin(), room.holders.end());
  return room;
}

bool has_driver() {
  constexpr std::array kDevices{"/dev/nvidiactl", "/dev/dri", "/dev/kfd", "/dev/dxg"};
  std::error_code ignored;
  return std::any_of(kDevices.begin(), kDevices.end(),
                     [&](const char* device) { return std::filesystem::exists(device, ignored); });
}

}  // namespace

fit::Machine machine_of(const StatusReport& report) {
  const PoolNames names(report.pools);
  fit::Machine machine;
  for (const PoolStatus& pool : report.pools) {
    if (pool.assessment.unknown_since && !pool.assessment.total) continue;
    const auto room = [&] { return room_of(pool, names.of(pool.assessment.pool), report.tenants); };
    switch (pool.assessment.pool.kind()) {
      case PoolKind::vram: machine.gpus.push_back(room()); break;
      case PoolKind::ram: machine.ram = room(); break;
      case PoolKind::zram:
        if (pool.assessment.total && pool.assessment.total->count > 0) machine.zram = room();
        break;
      default: break;
    }
  }
  return machine;
}

Answer<SeenMachine> look_at_machine(const Global& global) {
  auto source = open_status(global, false);
  if (!source) return tl::unexpected(source.error());
  const auto report = (*source)->look(false);
  if (!report) return tl::unexpected(report.error());
  return SeenMachine{machine_of(*report), report->source,
                     report->source != "direct" || !has_driver()};
}

}  // namespace spillway
