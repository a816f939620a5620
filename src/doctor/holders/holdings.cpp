#include "doctor/holders/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "doctor/holders/place.h"

namespace spillway::doctor {
namespace {

Bytes known(const std::optional<Bytes>& bytes) { return bytes.value_or(Bytes{}); }

/// Programs by what they are called and where they run.
class Book {
 public:
  explicit Book(const MachineState& machine) {
    for (const Process& process : machine.processes) {
      Place place = place_of(process.group);
      add(process.pid, {program_of(process), std::move(place.unit), std::move(place.container)});
      Holding& holding = of(process.pid);
      add_to(holding, kRam, process.own());
      add_to(holding, kSwap, process.swapped);
      if (process.peak_resident) {
        holding.peak_ram = known(holding.peak_ram) + *process.peak_resident;
      }
    }
  }

  void add_vram(const DeviceUse& use) {
    if (!program_of_.contains(use.pid)) {
      add(use.pid, {fmt::format("process {}, not visible here", use.pid), "", ""});
    }
    add_to(of(use.pid), use.pool, use.bytes);
  }

  std::vector<Holding> programs() && {
    std::vector<Holding> programs;
    for (auto& [key, holding] : holdings_) {
      if (holding.held.empty()) continue;
      std::sort(holding.pids.begin(), holding.pids.end());
      programs.push_back(std::move(holding));
    }
    return programs;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // program, unit, container

  void add(pid_t pid, Key key) {
    Holding& holding = holdings_[key];
    std::tie(holding.program, holding.unit, holding.container) = key;
    holding.pids.push_back(pid);
    program_of_[pid] = std::move(key);
  }
  Holding& of(pid_t pid) { return holdings_[program_of_[pid]]; }

  static void add_to(Holding& holding, const PoolId& pool, const std::optional<Bytes>& bytes) {
    if (bytes && bytes->count > 0) holding.held[pool] += *bytes;
  }

  std::map<Key, Holding> holdings_;
  std::map<pid_t, Key> program_of_;
};

/// Puts into the account what is left of it.
void settle(Account& account, const std::vector<Holding>& programs) {
  std::erase_if(account.rest, [](const Rest& rest) { return rest.bytes.count == 0; });
  Bytes left = account.total;
  for (const Holding& holding : programs) left -= holding.in(account.pool);
  for (const Rest& rest : account.rest) left -= rest.bytes;
  account.rest.push_back({left.count < 0 ? kCountedTwice : kUnaccounted, left});
}

std::optional<Account> ram_account(const MachineState& machine) {
  const MemoryState& m = machine.memory;
  if (!m.total || !m.free) return std::nullopt;
  Bytes zram;
  for (const ZramDevice& device : machine.zram) zram += known(device.physical);
  const Bytes cache =
      known(m.cached) - known(m.shared) + known(m.buffers) + known(m.slab_reclaimable);
  const Bytes kernel = known(m.slab_kept) + known(m.kernel_stack) + known(m.page_tables) +
                       known(m.secondary_page_tables) + known(m.percpu);
  return Account{kRam,
                 *m.total,
                 {{"shared memory, tmpfs", known(m.shared)},
                  {"kernel", kernel},
                  {"huge pages", known(m.huge_pages)},
                  {"compressed swap", zram + known(m.zswap)},
                  {"file cache", std::max(Bytes{}, cache)},
                  {kFree, *m.free}}};
}

std::optional<Account> swap_account(const MemoryState& m) {
  if (!m.swap_total || !m.swap_free || m.swap_total->count == 0) return std::nullopt;
  return Account{kSwap, *m.swap_total, {{kFree, *m.swap_free}}};
}

Account card_account(const PoolStatus& pool) {
  const PoolAssessment& seen = pool.assessment;
  const Bytes total = *seen.total;
  const Bytes reserved = known(pool.reserved);
  const Bytes free = seen.free ? *seen.free : total - known(seen.used) - reserved;
  return {seen.pool, total, {{"reserved by the driver", reserved}, {kFree, free}}};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Bytes Holding::in(const PoolId& pool) const {
  const auto found = held.find(pool);
  return found == held.end() ? Bytes{} : found->second;
}

std::optional<Bytes> Account::find(std::string_view what) const {
  const auto found =
      std::find_if(rest.begin(), rest.end(), [&](const Rest& r) { return r.what == what; });
  return found == rest.end() ? std::nullopt : std::optional(found->bytes);
}

const Account* Holdings::find(const PoolId& pool) const {
  const auto found = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const Account& account) { return account.pool == pool; });
  return found == accounts.end() ? nullptr : &*found;
}

Holdings holdings_of(const MachineState& machine, const StatusReport& report) {
  Book book(machine);
  for (const DeviceUse& use : report.device_uses) {
    if (use.pool.kind() == PoolKind::vram) book.add_vram(use);
  }
  Holdings holdings{std::move(book).programs(), {}};
  for (const PoolStatus& pool : report.pools) {
    const PoolAssessment& seen = pool.assessment;
    const bool measured = seen.total && (seen.used || seen.free);
    if (seen.pool.kind() == PoolKind::vram && measured) {
      holdings.accounts.push_back(card_account(pool));
    }
  }
  if (auto ram = ram_account(machine)) holdings.accounts.push_back(std::move(*ram));
  if (auto swap = swap_account(machine.memory)) holdings.accounts.push_back(std::move(*swap));
  for (Account& account : holdings.accounts) settle(account, holdings.programs);
  sort_by_held(holdings);
  return holdings;
}

void sort_by_held(Holdings& holdings) {
  const auto held = [&](const Holding& holding) {
    Bytes sum;
    for (const Account& account : holdings.accounts) sum += holding.in(account.pool);
    return sum;
  };
  std::erase_if(holdings.programs,
                [&](const Holding& holding) { return held(holding).count == 0; });
  std::stable_sort(holdings.programs.begin(), holdings.programs.end(),
                   [&](const Holding& a, const Holding& b) { return held(a) > held(b); });
}

bool is_named(const Holding& holding, std::string_view pattern) {
  const auto pid = parse_u64(pattern);
  if (pid && std::any_of(holding.pids.begin(), holding.pids.end(),
                         [&](pid_t own) { return static_cast<std::uint64_t>(own) == *pid; })) {
    return true;
  }
  const std::string within = "*" + lower(pattern) + "*";
  return matches(within, lower(holding.program)) || matches(within, lower(holding.unit)) ||
         matches(within, lower(holding.container));
}

}  // namespace spillway::doctor
