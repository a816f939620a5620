#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/status.h"

namespace spillway {

/// One measure that was taken, with what came of it.
struct DoneStep {
  Step step;
  WallTime at;                     // of its end, else of its start
  std::optional<Outcome> outcome;  // none: not ended yet
};

/// A tenant that something is still taken from, and why it is not back.
struct StillAway {
  TenantId tenant;
  Rung rung = Rung::notify;
  std::string why;
};

/// The answer to `spillway why`: sentences with numbers, and the facts behind them.
struct Explanation {
  std::string about;  // "everything", "tenant stt", "process 4711", "step 17"
  bool found = true;  // false: nothing is known by that name; the only line says so
  std::vector<std::string> lines;
  std::vector<DoneStep> done;
  std::vector<Declined> declined;  // the latest reason for each tenant and rung
  std::vector<StillAway> away;
};

/// Explains from recorded events (oldest first; of the ring or the journal) and the present report:
/// what is or was short, who held it, what was done and what that gave, what was considered and
/// declined, and who is not back and why. `query` is empty, a tenant's name, a pid, or "step N" (also
/// "#N"). Pure; moments are told relative to report.at.
Explanation explain(const std::vector<Event>& events, const StatusReport& report,
                    std::string_view query);

/// {"schema":"spillway.why/1", ...}, docs/json.md.
std::string why_document(const Explanation& explanation, const StatusReport& report,
                         int indent = 2);

}  // namespace spillway
