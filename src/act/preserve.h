#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/action.h"
#include "act/preserve_store.h"
#include "port/guest_link.h"

namespace spillway {

/// Asks a program for what it must not lose (an audio buffer, the state of a transcription), keeps it
/// crash-safely and tells the program so ("preserved"). Pinned tenants are asked too. A program that
/// hands over nothing has kept its state by itself.
class PreserveAction final : public Action {
 public:
  /// Under what a tenant's state is kept; null: its name. Who serves several users tells them apart.
  using Key = std::function<std::string(const Tenant&)>;

  PreserveAction(std::shared_ptr<GuestLink> guests, std::shared_ptr<PreserveStore> store,
                 Key key = nullptr)
      : guests_(std::move(guests)), store_(std::move(store)), key_(std::move(key)) {}

  std::string_view name() const override { return "preserve"; }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  std::shared_ptr<GuestLink> guests_;
  std::shared_ptr<PreserveStore> store_;
  Key key_;
};

}  // namespace spillway
