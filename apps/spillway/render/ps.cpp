#include "render/ps.h"

#include <algorithm>

#include "render/words.h"

namespace spillway {
namespace {

const ProcessReading* process_of(const StatusReport& report, const Tenant& tenant) {
  if (!tenant.process) return nullptr;
  for (const ProcessReading& owner : report.owners) {
    if (owner.key == *tenant.process) return &owner;
  }
  return nullptr;
}

std::optional<Bytes> vram_of_process(const StatusReport& report, pid_t pid) {
  std::optional<Bytes> sum;
  for (const DeviceUse& use : report.device_uses) {
    if (use.pid == pid) sum = sum.value_or(Bytes{}) + use.bytes;
  }
  return sum;
}

std::optional<Bytes> held(const Tenant& tenant, PoolKind kind) {
  std::optional<Bytes> sum;
  for (const PoolChange& change : tenant.holds) {
    if (change.pool.kind() == kind) sum = sum.value_or(Bytes{}) + change.delta;
  }
  return sum;
}

struct Use {
  std::optional<Bytes> vram, ram, swap;
};

/// What is measured of its process, else what it says it holds.
Use use_of(const StatusReport& report, const Tenant& tenant) {
  Use use{held(tenant, PoolKind::vram), held(tenant, PoolKind::ram), held(tenant, PoolKind::swap)};
  if (tenant.process) {
    if (const auto vram = vram_of_process(report, tenant.process->pid)) use.vram = vram;
  }
  if (const ProcessReading* process = process_of(report, tenant)) {
    if (const auto ram = process->pss ? process->pss : process->rss) use.ram = ram;
    if (process->swap) use.swap = process->swap;
  }
  return use;
}

std::string idle_of(const StatusReport& report, const Tenant& tenant) {
  if (tenant.busy) return "busy";
  if (!tenant.last_used) return "-";
  return to_string(std::max(Duration::zero(), report.now - *tenant.last_used));
}

Bytes size(const Use& use) {
  return use.vram.value_or(Bytes{}) + use.ram.value_or(Bytes{}) + use.swap.value_or(Bytes{});
}

Paint paint_of_state(const Tenant& tenant) {
  if (!tenant.connected) return Paint::dim;
  return moved_by(tenant) ? Paint::caution : Paint::plain;
}

bool is_tenant(const StatusReport& report, const ProcessReading& owner) {
  return std::any_of(report.tenants.begin(), report.tenants.end(),
                     [&](const Tenant& tenant) { return tenant.process == owner.key; });
}

std::string pid_text(pid_t pid) { return pid > 0 ? std::to_string(pid) : "-"; }

}  // namespace

std::vector<std::string> ps_lines(const StatusReport& report, bool all, const Canvas& canvas) {
  struct Row {
    Bytes size;
    std::vector<Cell> cells;
  };
  std::vector<Row> rows;
  for (const Tenant& tenant : report.tenants) {
    const Use use = use_of(report, tenant);
    rows.push_back({size(use),
                    {{tenant.id.text, Paint::bold},
                     {tenant.process ? pid_text(tenant.process->pid) : "-"},
                     {amount(use.vram)},
                     {amount(use.ram)},
                     {amount(use.swap)},
                     {state_of(tenant), paint_of_state(tenant)},
                     {idle_of(report, tenant)},
                     {std::to_string(tenant.priority)},
                     {gives(tenant)}}});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.size > b.size; });
  if (all) {
    for (const ProcessReading& owner : report.owners) {
      if (is_tenant(report, owner)) continue;
      rows.push_back({{},
                      {{owner.name, Paint::dim},
                       {pid_text(owner.key.pid)},
                       {amount(vram_of_process(report, owner.key.pid))},
                       {amount(owner.pss ? owner.pss : owner.rss)},
                       {amount(owner.swap)},
                       {"no tenant", Paint::dim},
                       {"-"},
                       {"-"},
                       {"-"}}});
    }
  }
  if (rows.empty()) return {"no tenants"};
  std::vector<std::vector<Cell>> cells;
  for (Row& row : rows) cells.push_back(std::move(row.cells));
  return table({{.title = "TENANT", .flexible = true},
                {.title = "PID", .right = true},
                {.title = "VRAM", .right = true},
                {.title = "RAM", .right = true},
                {.title = "SWAP", .right = true},
                {.title = "STATE", .flexible = true},
                {.title = "IDLE", .right = true},
                {.title = "PRIORITY", .right = true},
                {.title = "CAN GIVE", .flexible = true}},
               cells, canvas);
}

}  // namespace spillway
