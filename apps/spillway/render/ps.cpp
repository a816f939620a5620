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

constexpr std::size_t kOthers = 15;  // processes that are no tenants

std::string pid_text(pid_t pid) { return pid > 0 ? std::to_string(pid) : "-"; }

struct Row {
  Cell name;
  std::string pid;
  Use use;
  Cell state;
  std::string idle = "-", priority = "-", gives = "-";
};

std::vector<Row> tenant_rows(const StatusReport& report) {
  std::vector<Row> rows;
  for (const Tenant& tenant : report.tenants) {
    rows.push_back({.name = {tenant.id.text, Paint::bold},
                    .pid = tenant.process ? pid_text(tenant.process->pid) : "-",
                    .use = use_of(report, tenant),
                    .state = {state_of(tenant), paint_of_state(tenant)},
                    .idle = idle_of(report, tenant),
                    .priority = std::to_string(tenant.priority),
                    .gives = gives(tenant, report.capabilities)});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return size(a.use) > size(b.use); });
  return rows;
}

void add_others(const StatusReport& report, std::vector<Row>& rows) {
  const std::size_t most = rows.size() + kOthers;
  for (const ProcessReading& owner : report.owners) {
    if (rows.size() == most) return;
    if (is_tenant(report, owner)) continue;
    rows.push_back({.name = {owner.name, Paint::dim},
                    .pid = pid_text(owner.key.pid),
                    .use = {vram_of_process(report, owner.key.pid),
                            owner.pss ? owner.pss : owner.rss, owner.swap},
                    .state = {"no tenant", Paint::dim}});
  }
}

/// Whether the machine has such a memory, or somebody says so.
bool is_there(const StatusReport& report, PoolKind kind, const std::vector<Row>& rows,
              std::optional<Bytes> Use::*member) {
  const auto holds = [&](const Row& row) { return (row.use.*member).value_or(Bytes{}) > Bytes{}; };
  return std::any_of(report.pools.begin(), report.pools.end(),
                     [&](const auto& pool) { return pool.assessment.pool.kind() == kind; }) ||
         std::any_of(rows.begin(), rows.end(), holds);
}

}  // namespace

std::vector<std::string> ps_lines(const StatusReport& report, bool all, const Canvas& canvas) {
  std::vector<Row> rows = tenant_rows(report);
  if (all) add_others(report, rows);
  if (rows.empty()) return {"no tenants"};
  const bool vram = is_there(report, PoolKind::vram, rows, &Use::vram);
  const bool swap = is_there(report, PoolKind::swap, rows, &Use::swap);
  std::vector<std::vector<Cell>> cells;
  for (const Row& row : rows) {
    cells.push_back({row.name,
                     {row.pid},
                     {vram ? amount(row.use.vram) : ""},
                     {amount(row.use.ram)},
                     {swap ? amount(row.use.swap) : ""},
                     row.state,
                     {row.idle},
                     {row.priority},
                     {row.gives}});
  }
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
