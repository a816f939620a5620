#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace spillway {

/// What programs ask to be kept for them over a crash: a few complete versions per tenant, one file
/// each, in a directory that only the owner may read. A version is written beside (.tmp), synced,
/// renamed, and the directory synced; its header holds length and checksum, so a torn file is never
/// taken for a version. Any thread; blocks on the disk.
class PreserveStore {
 public:
  struct Options {
    std::string directory;              // absolute; made on the first put, with its parents
    std::size_t versions = 2;           // kept per tenant, at least 1
    Bytes largest = 256_MiB;            // of one version; more is refused
    std::function<void()> before_call;  // tests: called before every system call that writes
  };

  explicit PreserveStore(Options options) : options_(std::move(options)) {}

  /// Returns the version's number once it is safe: from then on get() returns it, or a later one,
  /// whatever happens to this process or to the machine.
  Result<std::uint64_t> put(std::string_view tenant, std::string_view data);

  struct Version {
    std::uint64_t number = 0;
    std::string data;
  };
  /// The latest complete version; nullopt when there is none.
  Result<std::optional<Version>> get(std::string_view tenant) const;
  /// How many tenants whose names begin with `prefix` have something kept.
  Result<std::size_t> count(std::string_view prefix) const;
  /// Forgets a tenant's versions, when it has taken them up and says so.
  Status drop(std::string_view tenant);

 private:
  /// Calls for each file that holds a version, complete or not; a missing directory has none.
  Status each_file(const std::function<void(std::string_view)>& visit) const;
  /// The numbers of the files there are for a tenant, complete or not, latest first.
  Result<std::vector<std::uint64_t>> numbers(std::string_view tenant) const;
  Status make_directory(const std::string& path) const;
  Result<UniqueFd> open_directory() const;
  Status write_file(int directory, const std::string& name, std::string_view data) const;
  void about_to_call() const {
    if (options_.before_call) options_.before_call();
  }

  const Options options_;
  mutable std::mutex mutex_;
};

}  // namespace spillway
