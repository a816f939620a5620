#pragma once

#include <map>
#include <string>
#include <vector>

#include "doctor/state/machine_state.h"
#include "model/pool.h"
#include "model/status.h"

namespace spillway::doctor {

/// What the processes of one program in one container or unit hold together.
struct Holding {
  std::string program, unit, container;
  std::vector<pid_t> pids;        // ascending
  std::map<PoolId, Bytes> held;   // by memory: "ram", "swap", "vram:<card>"
  std::optional<Bytes> peak_ram;  // the most that was resident, each process at its own time

  Bytes in(const PoolId& pool) const;
};

/// A part of a memory that no program holds.
struct Rest {
  std::string_view what;
  Bytes bytes;
};
inline constexpr std::string_view kFree = "free";
inline constexpr std::string_view kUnaccounted = "unaccounted";
inline constexpr std::string_view kCountedTwice = "counted twice";

/// One memory to the last byte: the programs' holdings and `rest` add up to `total`.
struct Account {
  PoolId pool;
  Bytes total;
  std::vector<Rest> rest;
  std::optional<Bytes> find(std::string_view what) const;
};

struct Holdings {
  std::vector<Holding> programs;  // those that hold the most first
  std::vector<Account> accounts;  // cards, "ram", "swap": those that are there

  const Account* find(const PoolId& pool) const;
};

/// Who holds what. RAM is the anonymous memory of each process; files it has mapped are the kernel's
/// cache, and memory that is shared (tmpfs, shm) is a row of its own, so that nothing counts twice.
/// What is left over is unaccounted (drivers, firmware, what is not visible from here); where more is held
/// than there is, pages shared after fork(2) were counted with each process.
/// VRAM comes from `report`: the driver's own figures. Pure.
Holdings holdings_of(const MachineState& machine, const StatusReport& report);

/// The programs that hold the most of what `holdings` accounts for first, those that hold nothing of it
/// not at all.
void sort_by_held(Holdings& holdings);

/// Whether `pattern` names it: a pid, or a part of its program, unit or container ('*' as in a shell).
bool is_named(const Holding& holding, std::string_view pattern);

}  // namespace spillway::doctor
