#pragma once

#include <string>
#include <vector>

#include "context/replay.h"
#include "context/trim.h"
#include "render/canvas.h"

namespace spillway {

/// `spillway context trim --json`: spillway.context.trim/1 (docs/json.md). The messages stand in it byte for
/// byte as they leave.
std::string context_trim_document(const context::Trimmed& made);

/// `spillway context replay`: a line per budget; and as spillway.context.replay/1.
std::vector<std::string> context_replay_lines(const std::vector<ContextReplay>& replays,
                                              const Canvas& canvas);
std::string context_replay_document(const std::vector<ContextReplay>& replays);

/// The requests of the longest run: as they were sent, and as they left under each budget.
std::string context_replay_svg(const std::vector<ContextReplay>& replays);

}  // namespace spillway
