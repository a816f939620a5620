#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "model/event.h"
#include "record/journal_reader.h"

namespace spillway {

/// One recorded look with all that a decision rested on, so that today's assess and decide can be
/// run over it and compared with frame.plan.
struct RecordedLook {
  Frame frame;                                  // `tenants` is always there
  Policy policy;                                // in force then, as far as recorded
  std::vector<std::pair<Step, Outcome>> ended;  // since the look before
  bool first = false;  // the recording begins or was interrupted here: start with an empty history
};

/// Puts the looks of a recording together again: frames leave out tenants and policy while these do
/// not change. One thread at a time.
class Replay {
 public:
  explicit Replay(JournalReader reader) : reader_(std::move(reader)) {}

  /// nullopt at the end of the recording.
  std::optional<RecordedLook> next();

  const JournalReader& reader() const { return reader_; }

 private:
  JournalReader reader_;
  Policy policy_;
  std::vector<Tenant> tenants_;
  std::vector<std::pair<Step, Outcome>> ended_;
  std::optional<std::uint64_t> last_number_;
};

}  // namespace spillway
