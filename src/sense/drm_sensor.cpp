#include "sense/drm_sensor.h"

#include <algorithm>

#include "sense/gpu_device.h"

namespace spillway {

DrmSensor::DrmSensor(std::string_view name, std::vector<std::string> drivers, SysRoot root,
                     std::shared_ptr<DrmClients> clients, DrmQuery query)
    : root_(std::move(root)),
      clients_(std::move(clients)),
      name_(name),
      drivers_(std::move(drivers)),
      query_(std::move(query)) {}

/// Cards come and go (eGPUs, drivers bound anew).
void DrmSensor::find_cards() {
  std::map<std::string, Card> found;
  for (const std::string& driver : drivers_) {
    for (const std::string& address : devices_of(root_, driver)) {
      const auto known = cards_.find(address);
      const bool same = known != cards_.end() && known->second.driver == driver;
      Card fresh;
      fresh.driver = driver;
      fresh.address = address;
      found.emplace(address, same ? std::move(known->second) : std::move(fresh));
    }
  }
  cards_ = std::move(found);
}

Result<DrmFacts> DrmSensor::ask(const Card& card) const {
  const auto nodes = drm_nodes(root_, card.address);
  const auto render = std::find_if(nodes.begin(), nodes.end(), [](const std::string& node) {
    return node.starts_with("renderD");
  });
  if (render == nodes.end()) {
    return fail(Errc::not_found, "it has no render node", root_.where(card.file("drm")));
  }
  return query_(root_, card.driver, "/dev/dri/" + *render);
}

Status DrmSensor::look_at(Card& card, const Look& look) {
  if (card.pool.text.empty()) {
    if (auto known = identify(card); !known) return known;
  }
  if (card.integrated) return {};
  const auto figures = measure(card, look);
  if (!figures) return tl::unexpected(figures.error());
  if (!figures->used && !figures->total) {
    // Never told: no pool. No longer told: a pool that is unknown.
    if (!card.latest) return {};
    return fail(Errc::unavailable, "neither size nor use is told any more",
                root_.where(card.file("drm")));
  }
  card.latest = PoolReading{.pool = card.pool,
                            .used = figures->used,
                            .total = figures->total,
                            .source = source_of(card),
                            .taken = look.now};
  return {};
}

Result<std::vector<Reading>> DrmSensor::read(const Look& look) {
  find_cards();
  std::vector<Reading> readings;
  for (auto& [address, card] : cards_) {
    const bool asleep = is_asleep(root_, address);
    const auto looked = asleep ? Status{} : look_at(card, look);
    if (!looked) {
      readings.push_back(Fault{source_of(card), looked.error()});
    } else if (card.latest) {
      readings.push_back(*card.latest);
    }
  }
  add_uses(look, readings);
  return readings;
}

void DrmSensor::add_uses(const Look& look, std::vector<Reading>& out) {
  if (cards_.empty()) return;
  for (const DrmUse& use : clients_->uses(look)) {
    const auto card = cards_.find(use.address);
    if (card == cards_.end() || card->second.pool.text.empty() || card->second.integrated) continue;
    out.push_back(DeviceUse{card->second.pool, use.pid, use.bytes, use.evicted});
  }
}

void DrmSensor::capabilities(std::vector<Capability>& out) const {
  for (const auto& [address, card] : cards_) {
    const bool asleep = card.pool.text.empty() && is_asleep(root_, address);
    const bool known = !card.pool.text.empty();
    out.push_back({source_of(card), asleep || (known && !card.integrated),
                   asleep  ? "asleep, not touched"
                   : known ? card.note
                           : "not read yet"});
  }
}

}  // namespace spillway
