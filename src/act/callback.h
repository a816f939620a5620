#pragma once

#include <memory>

#include "act/action.h"
#include "port/guest_link.h"

namespace spillway {

/// Asks the program that holds the model to do one thing: trim, unload when idle, shrink or offload;
/// and the way back. One action per rung, so that experience with one does not speak against
/// another. Offers follow from what the tenant registered (act/moves.h). A pinned, frozen or
/// disconnected tenant is never asked. What the program answers is its claim; when it answers
/// without figures for a move, the registered figures are taken as its word.
class CallbackAction final : public Action {
 public:
  /// `rung` is trim, unload_idle, shrink or offload, and names the action. `guests` may be null: then
  /// it is unavailable and offers nothing.
  CallbackAction(Rung rung, std::shared_ptr<GuestLink> guests);

  std::string_view name() const override { return spillway::name(rung_); }
  Capability capability() const override;
  void offers(const Snapshot& snapshot, const Tenant& tenant,
              std::vector<Offer>& out) const override;
  Outcome run(const Step& step, const Tenant& tenant, TimePoint deadline) override;

 private:
  struct Verb;
  static const Verb& verb_of(Rung rung);

  const Rung rung_;
  const Verb& verb_;
  const std::shared_ptr<GuestLink> guests_;
};

}  // namespace spillway
