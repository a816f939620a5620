#pragma once

#include "base/log.h"
#include "model/event.h"
#include "service_manager.h"

namespace spillway {

/// One line in the log per event that a person may want to know of: cause, act, measured effect;
/// and the level for `systemctl status`. Frames say nothing.
class Announcer final : public EventSink {
 public:
  Announcer(Log& log, ServiceManager& manager) : log_(log), manager_(manager) {}
  void take(const Event& event) override;

 private:
  Log& log_;
  ServiceManager& manager_;
};

/// The line and how grave it is; an empty text for events that are not announced. Pure.
LogLine announcement(const Event& event);

}  // namespace spillway
