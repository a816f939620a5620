#include "sense/intel.h"

#include "sense/gpu_device.h"

namespace spillway {

IntelSensor::IntelSensor(const SysRoot& root, std::shared_ptr<DrmClients> clients, DrmQuery query)
    : DrmSensor("intel", {"i915", "xe"}, root, std::move(clients), std::move(query)), dmem_(root) {}

Status IntelSensor::identify(Card& card) {
  card.integrated = card.address == kIntegratedIntel;
  if (!card.integrated) {
    const auto facts = ask(card);
    card.integrated = facts && facts->integrated.value_or(false);
  }
  card.pool.text = "vram:" + card.address;
  card.note = card.integrated ? "integrated: its memory is RAM" : card.pool.text;
  return {};
}

/// The sum of its regions "drm/<address>/vram0", "vram1".
std::optional<DrmFacts> IntelSensor::from_dmem(const Card& card, const Look& look) {
  const auto regions = dmem_.read(look);
  if (!regions) return std::nullopt;
  const std::string beginning = "vram:drm/" + card.address + "/vram";
  std::optional<DrmFacts> sum;
  for (const Reading& reading : *regions) {
    const auto* region = std::get_if<PoolReading>(&reading);
    if (region == nullptr || !region->pool.text.starts_with(beginning)) continue;
    if (!region->total || !region->used) return std::nullopt;
    if (!sum) sum = DrmFacts{.integrated = false, .total = Bytes{}, .used = Bytes{}};
    *sum->total += *region->total;
    *sum->used += *region->used;
  }
  return sum;
}

std::optional<Bytes> IntelSensor::from_clients(const Card& card, const Look& look) {
  Bytes sum;
  for (const DrmUse& use : clients_->uses(look)) {
    if (use.address == card.address) sum += use.bytes;
  }
  // A GPU that nobody is seen to use has a driver that does not tell (i915 before Linux 6.8).
  return clients_->complete() && sum > Bytes{} ? std::optional(sum) : std::nullopt;
}

Result<DrmFacts> IntelSensor::measure(Card& card, const Look& look) {
  card.note = card.pool.text;
  if (const auto facts = from_dmem(card, look)) return *facts;
  auto facts = ask(card);
  if (!facts && (facts.error().code == Errc::io || facts.error().code == Errc::unavailable)) {
    return facts;
  }
  // Not allowed, or not known to this kernel.
  DrmFacts known = facts.value_or(DrmFacts{});
  if (!known.used) known.used = from_clients(card, look);
  if (!known.used) card.note += ": how much is in use is not told without CAP_PERFMON";
  return known;
}

}  // namespace spillway
