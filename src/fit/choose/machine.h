#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/policy.h"

namespace spillway::fit {

/// One memory of the machine that is planned for. What others hold is `used`; of that, `yields` is
/// what the tenants in it could give back, and `holders` who they are.
struct Room {
  std::string name;  // "vram", "vram:0", "ram": as rows and answers call it
  Bytes total;
  Bytes used;
  Bytes yields;
  std::vector<std::string> holders;
  bool assumed = false;  // `used` was not measured
  std::string device{};  // a GPU's pool, by which measured runs know it; empty: only talked about
};

/// What is free on a machine, or what a person says one has. GPUs in the driver's order.
struct Machine {
  std::vector<Room> gpus;
  Room ram{.name = "ram", .total = {}, .used = {}, .yields = {}, .holders = {}};
  std::optional<Room> zram;  // shown; never counted as room: what is in it costs RAM, too
};

/// The share of the OS and its services where nobody has measured it: a quarter, 2 GiB at most.
Bytes assumed_os_share(Bytes ram);

/// When a plan is good. Shares are of a room's total, everything in it counted.
struct Limits {
  double safe = 0.70;   // below this a plan is safe
  Bytes reserve;        // per GPU: kept free for others, counted as used
  PoolPolicy policy{};  // where the guard's levels begin
};

/// The level that a room would reach: `safe`, or what the guard would say.
enum class Reached : unsigned char { safe, normal, warning, critical, emergency, shutdown };
Reached reached(double share, const Limits& limits);
std::string_view name(Reached level);

}  // namespace spillway::fit
