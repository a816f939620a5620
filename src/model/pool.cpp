#include "model/pool.h"

#include <array>
#include <utility>

namespace spillway {
namespace {

constexpr std::array kKinds{
    std::pair{PoolKind::vram, std::string_view("vram")},
    std::pair{PoolKind::ram, std::string_view("ram")},
    std::pair{PoolKind::swap, std::string_view("swap")},
    std::pair{PoolKind::zram, std::string_view("zram")},
    std::pair{PoolKind::cgroup, std::string_view("cgroup")},
    std::pair{PoolKind::context, std::string_view("context")},
    std::pair{PoolKind::injected, std::string_view("injected")},
};

}  // namespace

PoolKind PoolId::kind() const {
  const std::string_view head = std::string_view(text).substr(0, text.find(':'));
  for (const auto& [kind, word] : kKinds) {
    if (word == head) return kind;
  }
  return PoolKind::injected;
}

std::string_view name(PoolKind kind) {
  for (const auto& [known, word] : kKinds) {
    if (known == kind) return word;
  }
  return "injected";
}

}  // namespace spillway
