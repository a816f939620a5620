#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/guest.h"

namespace spillway {

/// The tenants of this program by their names, and the way to ask them in process. Any thread.
class GuestBook final : public GuestLink {
 public:
  /// Errc::not_found for a name that is not in the book. On the calling thread, however long the
  /// callback takes: the engine's workers keep the time.
  Result<GuestReply> ask(const GuestRequest& request, TimePoint deadline) override;

  void add(const std::string& name, std::shared_ptr<Guest> guest);
  void remove(const std::string& name);
  std::shared_ptr<Guest> find(const std::string& name) const;
  /// In the order of their names.
  std::vector<std::shared_ptr<Guest>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Guest>> guests_;
};

}  // namespace spillway
