#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/event.h"
#include "wire/control_server.h"

namespace spillway {

/// Sends events to the connections that asked for them; makes their text only when somebody did.
class Subscribers final : public EventSink {
 public:
  explicit Subscribers(ControlServer& server) : server_(server) {}

  /// Kinds as in the member "kind" of an event; asking again replaces.
  void add(ConnectionId connection, std::vector<std::string> kinds);
  void remove(ConnectionId connection) { wanted_.erase(connection); }
  void take(const Event& event) override;

 private:
  ControlServer& server_;
  std::map<ConnectionId, std::vector<std::string>> wanted_;
};

/// Every kind of event, in the order of model/event.h: "frame", "step_started" ...
const std::vector<std::string>& event_kinds();

}  // namespace spillway
