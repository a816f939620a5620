#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace spillway {

enum class PoolKind { vram, ram, swap, zram, cgroup, context, injected };

/// One memory that can run out. The text is what people see in configuration, status and metrics:
/// "ram", "swap", "zram", "vram:GPU-<uuid>", "cgroup:/system.slice/ollama.service",
/// "context:<conversation>", "injected:<name>".
struct PoolId {
  std::string text;

  PoolKind kind() const;
  friend auto operator<=>(const PoolId&, const PoolId&) = default;
};

std::string_view name(PoolKind kind);

inline const PoolId kRam{"ram"};
inline const PoolId kSwap{"swap"};
inline const PoolId kZram{"zram"};

}  // namespace spillway
