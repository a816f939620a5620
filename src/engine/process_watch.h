#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "model/reading.h"
#include "port/process_handle.h"

namespace spillway {

/// Notices the end of processes: one pidfd each, all in one epoll instance, so that asking costs the
/// same for one and for thousands. One thread; never blocks.
class ProcessWatch {
 public:
  ProcessWatch();

  /// Counted: a process may hold several tenants. One that has ended already is reported at once; one
  /// that cannot be watched (no permission, no descriptor left) is never reported.
  void add(const ProcessKey& process);
  void remove(const ProcessKey& process);
  /// Those that ended since the last call, each once; they are not watched any more.
  std::vector<ProcessKey> ended();
  /// Readable when ended() has something to tell.
  int fd() const { return epoll_.get(); }

 private:
  struct Watched {
    std::optional<ProcessHandle> handle;
    int tenants = 0;
  };
  void unwatch(Watched& watched);

  UniqueFd epoll_;
  std::map<ProcessKey, Watched> watched_;
  std::vector<ProcessKey> gone_;
};

}  // namespace spillway
