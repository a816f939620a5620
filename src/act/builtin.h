#pragma once

#include <memory>
#include <vector>

#include "act/action.h"
#include "act/frozen_notes.h"
#include "act/notify.h"
#include "act/preserve.h"
#include "act/preserve_store.h"
#include "act/refuse.h"
#include "port/guest_link.h"
#include "port/sys_root.h"

namespace spillway {

struct ActionOptions {
  std::shared_ptr<GuestLink> guests;  // null: no program can be asked
  SysRoot root = SysRoot();           // where /proc and the cgroups are
  NotifyOptions notify;
  std::shared_ptr<PreserveStore> preserve;  // null: nothing is kept
  PreserveAction::Key preserve_key = nullptr;
  FrozenNotes frozen = FrozenNotes({});
  std::shared_ptr<Refusals> refusals = std::make_shared<Refusals>();
  Duration stop_grace = 10s;  // between SIGTERM and SIGKILL
};

/// All actions there are, in the order of their rungs: the one list that a new action is added to.
std::vector<std::unique_ptr<Action>> make_builtin_actions(const ActionOptions& options);

}  // namespace spillway
