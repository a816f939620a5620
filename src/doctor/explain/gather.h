#pragma once

#include <string>
#include <vector>

#include "doctor/recogniser.h"

namespace spillway::doctor {

/// Makes things that happened of messages: the same error told twice is one, errors of one storm are one with a
/// count, later kills are the first one's collateral, what a server said of itself completes what went wrong
/// around it. Bounded: of more than kMost findings the first are kept and the rest counted.
class Gatherer final : public FindingSink {
 public:
  static constexpr std::size_t kMost = 1000;

  Finding* take(Finding&& finding) override;
  void take(const Workload& workload, const Line& line) override;
  void died(const Line& line) override;
  /// What belongs together is in one input: another begins.
  void next_input(std::string name);

  /// Verdicts, cascade and order of time.
  std::vector<Finding> finish();
  std::uint64_t left_out() const { return left_out_; }

 private:
  bool merge(Finding& earlier, Finding& finding);
  void add_evidence(Finding& to, const Finding& from) const;
  void sort_input();

  std::string input_;
  std::vector<Finding> findings_;
  std::size_t input_begin_ = 0;  // of the present input's findings
  Workload workload_;
  std::uint64_t left_out_ = 0;
};

}  // namespace spillway::doctor
