#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "port/drm_query.h"
#include "sense/drm_clients.h"

namespace spillway {

/// What the sensors of amdgpu and Intel have in common. For spillway-worker: every read may block in
/// the driver. A pool `vram:...` for each GPU that has memory of its own, its users, and a Fault for
/// each that cannot be read, both with the source "<sensor>:<PCI address>". A GPU that sleeps is not
/// touched: its last reading is given again with the age that it has. An integrated one is no pool,
/// since its memory is RAM.
class DrmSensor : public Sensor {
 public:
  std::string_view name() const override { return name_; }
  Result<std::vector<Reading>> read(const Look& look) override;
  void capabilities(std::vector<Capability>& out) const override;

 protected:
  struct Card {
    std::string driver, address;
    PoolId pool;  // empty until identified
    bool integrated = false;
    std::optional<PoolReading> latest;  // the last good one
    std::string note;                   // for people: what else is worth knowing of it

    std::string file(const char* name) const {
      return "/sys/bus/pci/devices/" + address + "/" + name;
    }
  };

  DrmSensor(std::string_view name, std::vector<std::string> drivers, SysRoot root,
            std::shared_ptr<DrmClients> clients, DrmQuery query);

  /// Sets pool, integrated and note; called until it succeeds, while the GPU is awake.
  virtual Status identify(Card& card) = 0;
  /// used, total and reserved of a GPU with memory of its own; DrmFacts::integrated is not looked at.
  virtual Result<DrmFacts> measure(Card& card, const Look& look) = 0;

  /// Asks the driver itself.
  Result<DrmFacts> ask(const Card& card) const;

  SysRoot root_;
  std::shared_ptr<DrmClients> clients_;

 private:
  std::string source_of(const Card& card) const { return std::string(name_) + ":" + card.address; }
  void find_cards();
  Status look_at(Card& card, const Look& look);
  void add_uses(const Look& look, std::vector<Reading>& out);

  std::string_view name_;
  std::vector<std::string> drivers_;
  DrmQuery query_;
  std::map<std::string, Card> cards_;  // by address
};

}  // namespace spillway
