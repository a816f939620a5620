#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "capi/guest.h"
#include "capi/usage_book.h"
#include "model/status.h"
#include "spillway/spillway.h"

namespace spillway {

/// One of the program's own tenants in a picture.
struct PictureTenant {
  std::string name;
  std::string home;
  PoolId own;
  int priority = 0;
  bool pinned = false;
  GuestState state;

  Bytes bytes() const;        // in its own pool
  std::string place() const;  // where requests are served: its own, or the CPU
  bool moved() const { return state.place != home; }
};

struct StatusPicture {
  StatusReport report;
  std::map<PoolId, PoolUsage> usage;
  std::vector<PictureTenant> tenants;  // by name
};

spillway_pool_status pool_status(const StatusPicture& picture, std::size_t index);
spillway_tenant_status tenant_status(const PictureTenant& tenant);

/// "warning: ram 13.1 of 15.6 GiB (84 %), full in 12 s": of the pool that is shortest.
std::string summary_line(const StatusPicture& picture);
/// The readable report.
std::string text_block(const StatusPicture& picture);
/// The status document, with a member "library".
std::string json_document(const StatusPicture& picture);

}  // namespace spillway

/// Counted by its users; the texts are made when first asked for.
struct spillway_status {
  explicit spillway_status(spillway::StatusPicture of) : picture(std::move(of)) {}

  const spillway::StatusPicture picture;
  mutable std::atomic<int> users{1};
  mutable std::mutex mutex;
  mutable std::string summary, text, json;
};
