#include "capi/places.h"

#include <algorithm>
#include <map>
#include <utility>

#include "act/moves.h"

namespace spillway {

namespace {

// Memory of its own beside RAM: what moves to RAM when its owner moves to the CPU.
bool is_device(const PoolId& pool) {
  return pool.kind() == PoolKind::vram || pool.kind() == PoolKind::injected;
}

std::vector<PoolChange> moved_to_ram(const std::vector<PoolChange>& held) {
  std::map<PoolId, Bytes> sum;
  for (const PoolChange& part : held) sum[is_device(part.pool) ? kRam : part.pool] += part.delta;
  std::vector<PoolChange> out;
  for (const auto& [pool, bytes] : sum) out.push_back({pool, bytes});
  return out;
}

bool holds_nothing(const Variant& variant) {
  return std::all_of(variant.bytes.begin(), variant.bytes.end(),
                     [](const PoolChange& part) { return part.delta == Bytes{}; });
}

}  // namespace

Places::Places(PoolId own, Bytes bytes, std::vector<Variant> variants)
    : own_(std::move(own)), variants_(std::move(variants)) {
  if (bytes > Bytes{}) resident_.push_back({own_, bytes});
  for (Variant& variant : variants_) {
    if (variant.name == kCpu && holds_nothing(variant) && &variant != &variants_.front()) {
      variant.bytes = moved_to_ram(variants_.front().bytes);
    }
  }
}

const Variant* Places::find(std::string_view place) const {
  const auto found = std::find_if(variants_.begin(), variants_.end(),
                                  [&](const Variant& variant) { return variant.name == place; });
  return found == variants_.end() ? nullptr : &*found;
}

std::string Places::home() const {
  return variants_.empty() ? std::string(kResident) : variants_.front().name;
}

bool Places::known(std::string_view place) const {
  return place.empty() || place == kCpu || find(place) != nullptr ||
         (variants_.empty() && place == kResident);
}

std::string Places::target(std::string_view verb, std::string_view detail,
                           std::string_view now) const {
  if (verb == "unload") return {};
  if (!detail.empty()) return std::string(detail);
  if (verb == "restore") return home();
  if (verb == "offload") return std::string(kCpu);
  return std::string(now);
}

std::vector<PoolChange> Places::holds(std::string_view place) const {
  if (place.empty()) return {};
  if (const Variant* variant = find(place)) return variant->bytes;
  const auto& at_home = variants_.empty() ? resident_ : variants_.front().bytes;
  return place == kCpu ? moved_to_ram(at_home) : at_home;
}

std::vector<PoolChange> Places::change(std::string_view from, std::string_view to) const {
  return difference(holds(from), holds(to));
}

void Places::set_bytes(std::string_view place, const PoolId& pool, Bytes bytes) {
  auto variant = std::find_if(variants_.begin(), variants_.end(),
                              [&](const Variant& known) { return known.name == place; });
  auto& held = variant == variants_.end() ? resident_ : variant->bytes;
  std::erase_if(held, [&](const PoolChange& part) { return part.pool == pool; });
  if (bytes > Bytes{}) held.push_back({pool, bytes});
  std::sort(held.begin(), held.end(),
            [](const PoolChange& a, const PoolChange& b) { return a.pool < b.pool; });
}

}  // namespace spillway
