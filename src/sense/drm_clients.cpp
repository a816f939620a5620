#include "sense/drm_clients.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/gpu_device.h"

namespace spillway {
namespace {

constexpr std::array kDrivers{"amdgpu", "i915", "xe"};

/// They open devices for others and keep a descriptor of each.
constexpr std::array<std::string_view, 3> kHandOut{"systemd", "seatd", "elogind"};

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

/// Node name -> PCI address, of GPUs that are awake.
std::map<std::string, std::string> DrmClients::nodes_awake() const {
  std::map<std::string, std::string> nodes;
  for (const char* driver : kDrivers) {
    for (const std::string& address : devices_of(root_, driver)) {
      if (address == kIntegratedIntel || is_asleep(root_, address)) continue;
      for (const std::string& node : drm_nodes(root_, address)) nodes[node] = address;
    }
  }
  return nodes;
}

const std::vector<DrmUse>& DrmClients::uses(const Look& look) {
  if (look.owners && walked_ != look.now) {
    walked_ = look.now;
    walk();
  }
  return uses_;
}

void DrmClients::walk() {
  clients_.clear();
  uses_.clear();
  complete_ = true;
  const auto nodes = nodes_awake();
  const auto names = nodes.empty() ? std::vector<std::string>{}
                                   : root_.list("/proc").value_or(std::vector<std::string>{});
  for (const std::string& name : names) {
    if (parse_u64(name)) walk_process(name, nodes);
  }
  std::map<std::pair<std::string, pid_t>, DrmUse> sums;
  for (const auto& [key, owned] : clients_) {
    if (!owned.client.resident) continue;  // says nothing about memory: i915 before Linux 6.8
    DrmUse& use = sums[{key.first, owned.pid}];
    use.address = key.first;
    use.pid = owned.pid;
    use.bytes += std::max(Bytes{}, *owned.client.resident - owned.client.shared.value_or(Bytes{}));
    if (owned.client.evicted) use.evicted = use.evicted.value_or(Bytes{}) + *owned.client.evicted;
  }
  for (auto& [key, use] : sums) uses_.push_back(std::move(use));
}

void DrmClients::walk_process(const std::string& pid,
                              const std::map<std::string, std::string>& nodes) {
  const std::string links = "/proc/" + pid + "/fd/";
  const std::string infos = "/proc/" + pid + "/fdinfo/";
  const auto descriptors = root_.list(links);
  if (!descriptors) {
    complete_ = complete_ && descriptors.error().code == Errc::not_found;  // it has just ended
    return;
  }
  for (const std::string& fd : *descriptors) {
    const auto link = root_.read_link(links + fd);
    if (!link || !link->starts_with("/dev/")) continue;
    const auto node = nodes.find(std::string(last_part(*link)));
    if (node == nodes.end()) continue;
    const auto text = root_.read(infos + fd);
    const auto client = text ? parse_drm_fdinfo(*text) : std::nullopt;
    if (!client || client->address != node->second) continue;
    charge(static_cast<pid_t>(*parse_u64(pid)), *client);
  }
}

/// A client that several processes hold is charged to one of them: the first that did not open it for
/// somebody else.
void DrmClients::charge(pid_t pid, const DrmClient& client) {
  const Key key{client.address, client.id};
  const auto [known, is_new] = clients_.try_emplace(key, Owned{pid, client});
  if (is_new || known->second.pid == pid || !hands_devices_out(known->second.pid)) return;
  known->second.pid = pid;
}

bool DrmClients::hands_devices_out(pid_t pid) const {
  const auto name = root_.read("/proc/" + std::to_string(pid) + "/comm", 64);
  return name && std::any_of(kHandOut.begin(), kHandOut.end(),
                             [&](std::string_view n) { return name->starts_with(n); });
}

}  // namespace spillway
