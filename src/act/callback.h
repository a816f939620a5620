#pragma once

#include <memory>

#include "act/action.h"
#include "port/guest_link.h"

namespace spillway {

/// Asks the program that holds the model: trim, shrink, offload, unload when idle; and back. Offers
/// follow from what the tenant registered (act/moves.h). A pinned, frozen or disconnected tenant is
/// never asked. What the program answers is its claim; when it answers without figures for a move,
/// the registered figures are taken as its word.
class CallbackAction final : public Action {
 public:
  /// `guests` may be null: then the action is unavailable and offers nothing.
  explicit CallbackAction(std::shared_ptr<GuestLink> guests) : guests_(std::move(guests)) {}

  std::string_view name() const override { return "callback"; }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  std::shared_ptr<GuestLink> guests_;
};

}  // namespace spillway
