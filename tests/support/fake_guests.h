#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "port/guest_link.h"

namespace spillway::support {

/// Programs that hold models, played by functions: answers by tenant, and what was asked. A tenant
/// without an answer is gone. Any thread.
class FakeGuests final : public GuestLink {
 public:
  using Answer = std::function<Result<GuestReply>(const GuestRequest&)>;

  void set(const std::string& tenant, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[tenant] = std::move(answer);
  }
  void forget(const std::string& tenant) {
    const std::lock_guard lock(mutex_);
    answers_.erase(tenant);
  }

  Result<GuestReply> ask(const GuestRequest& request, TimePoint) override {
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request);
      const auto found = answers_.find(request.tenant);
      if (found == answers_.end()) return fail(Errc::unavailable, "it is gone", request.tenant);
      answer = found->second;
    }
    return answer(request);
  }

  std::vector<GuestRequest> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// "trim stt", "offload llm cpu": the requests in short.
  std::vector<std::string> words() const {
    std::vector<std::string> words;
    for (const GuestRequest& request : asked()) {
      words.push_back(request.verb + " " + request.tenant +
                      (request.detail.empty() ? "" : " " + request.detail));
    }
    return words;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<GuestRequest> asked_;
};

}  // namespace spillway::support
