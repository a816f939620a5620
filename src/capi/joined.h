#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "capi/backend.h"
#include "capi/guest_book.h"

namespace spillway {

/// The guard of this program as a guest of spillwayd: its tenants are registered there, the daemon
/// senses and decides and asks them over the connection. Each question is answered on a thread of its
/// own by the same callbacks as in the embedded mode; one that hangs keeps that thread.
class Joined final : public Backend {
 public:
  /// Connects to the first of `sockets` that answers, within a second. `wake` is called, from any
  /// thread, when there is something for step().
  static Result<std::unique_ptr<Joined>> open(const std::vector<std::string>& sockets,
                                              const std::string& program,
                                              std::shared_ptr<GuestBook> guests, const Clock& clock,
                                              std::function<void()> wake);
  ~Joined() override;

  /// False: the connection is lost, and nothing here does anything any more.
  bool alive() const;

  bool put(const Tenant& tenant) override;
  void remove(const TenantId& tenant, std::string reason) override;
  /// `done` is called on a thread of its own.
  void demand(Demand demand, std::function<void(const DemandResult&)> done) override;
  /// Asks the daemon for its status when a level changed, when `fired`, and now and then.
  TimePoint step(TimePoint now, bool fired) override;
  const Assessment& assessment() const override { return assessment_; }
  StatusReport status() override;

 private:
  struct Link;
  explicit Joined(const Clock& clock) : clock_(clock) {}
  bool introduce(const Tenant& tenant);
  void fetch();
  void flush_touches(TimePoint now);

  const Clock& clock_;
  std::shared_ptr<Link> link_;
  StatusReport report_;
  Assessment assessment_;
  TimePoint fetched_;
};

}  // namespace spillway
