#include "act/builtin.h"

#include "act/callback.h"
#include "act/cgroup_reclaim.h"
#include "act/freeze.h"
#include "act/preserve.h"
#include "act/stop.h"

namespace spillway {

std::vector<std::unique_ptr<Action>> make_builtin_actions(const ActionOptions& options) {
  std::vector<std::unique_ptr<Action>> actions;
  actions.push_back(std::make_unique<NotifyAction>(options.notify));
  const auto callback = [&](Rung rung) {
    actions.push_back(std::make_unique<CallbackAction>(rung, options.guests));
  };
  callback(Rung::trim);
  callback(Rung::unload_idle);
  callback(Rung::shrink);
  actions.push_back(std::make_unique<CgroupReclaimAction>(options.root));
  callback(Rung::offload);
  actions.push_back(std::make_unique<FreezeAction>(options.root, options.frozen));
  actions.push_back(
      std::make_unique<PreserveAction>(options.guests, options.preserve, options.preserve_key));
  actions.push_back(std::make_unique<RefuseAction>(options.refusals));
  actions.push_back(std::make_unique<StopAction>(options.stop_grace));
  return actions;
}

}  // namespace spillway
