#include "verbs/usual_journal.h"

#include <unistd.h>

#include "record/journal.h"

namespace spillway {

std::optional<std::string> usual_journal() {
  for (const bool user_mode : {::getuid() != 0, false}) {
    const std::string directory = default_journal_directory(user_mode);
    if (!directory.empty() && ::access(directory.c_str(), R_OK | X_OK) == 0) return directory;
  }
  return std::nullopt;
}

}  // namespace spillway
