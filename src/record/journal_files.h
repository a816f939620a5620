#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace spillway {

inline constexpr std::string_view kJournalSchema = "spillway.journal/1";

/// One file of a journal directory: "journal-00000042.jsonl", or ".thin.jsonl" once thinned.
struct JournalFile {
  std::string path;
  std::uint64_t number = 0;
  bool thinned = false;
  bool superseded = false;  // its thinned version is complete: a crash came before its removal
  Bytes size;
  WallTime modified;
};

std::string journal_path(const std::string& directory, std::uint64_t number, bool thinned = false);

/// The journal files of a directory in the order they were written; other files are not looked at.
/// Errors: the directory cannot be read.
Result<std::vector<JournalFile>> list_journal(const std::string& directory);

/// Replaces the file by one that has the first frame of each minute and all other events. The old
/// one stays until the new one is complete on disk. Blocks for about 30 ms per MiB.
Status thin_journal_file(const JournalFile& file);

struct JournalLimits {
  Bytes max_total = {64 << 20};
  Duration thin_after = 24h;
};

/// Thins what is older than thin_after; while the total is beyond max_total thins the oldest files
/// and, when all are thinned, removes the oldest. Never touches the file `current`. At most one
/// frame a minute costs about 3 MiB a day, so that 8 days fit into half of the default bound.
Status keep_within(const std::string& directory, const JournalLimits& limits, std::uint64_t current,
                   WallTime now);

}  // namespace spillway
