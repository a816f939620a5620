#include "subscribers.h"

#include <algorithm>

#include "json/codec.h"
#include "wire/protocol.h"

namespace spillway {

const std::vector<std::string>& event_kinds() {
  static const std::vector<std::string> kKinds{"frame",         "step_started",   "step_ended",
                                               "level_changed", "tenant_changed", "policy_changed",
                                               "note"};
  return kKinds;
}

void Subscribers::add(ConnectionId connection, std::vector<std::string> kinds) {
  wanted_[connection] = std::move(kinds);
}

void Subscribers::take(const Event& event) {
  const std::string& kind = event_kinds()[event.index()];
  std::string line;
  for (const auto& [connection, kinds] : wanted_) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) continue;
    if (line.empty()) line = event_line(to_compact_text(event));
    server_.send(connection, line);
  }
}

}  // namespace spillway
