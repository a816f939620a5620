#pragma once

#include <string_view>
#include <vector>

#include "doctor/finding.h"
#include "doctor/lines/line.h"
#include "doctor/lines/marks.h"

namespace spillway::doctor {

/// Where recognisers put what they found. Findings come in the order in which they were complete.
class FindingSink {
 public:
  virtual ~FindingSink() = default;
  /// The finding where it is kept as one; nullptr where it became part of an earlier one. Until the next call.
  virtual Finding* take(Finding&& finding) = 0;
  /// A line about what runs, not about what went wrong: completes the findings around it.
  virtual void take(const Workload& workload, const Line& line) = 0;
  /// The program died for good in `line`.
  virtual void died(const Line& line) = 0;
};

/// The formats of one source of messages. One input, one thread at a time; nothing throws whatever the
/// lines hold.
class Recogniser {
 public:
  virtual ~Recogniser() = default;
  /// Texts, one of which is in every line that may begin a message; at least MarkSet::kShortest bytes.
  virtual std::vector<std::string_view> marks() const = 0;
  /// A line with marks, and while wants_more() every line that follows. `marks`: bit i is set when the
  /// i-th of marks() is in it.
  virtual void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) = 0;
  virtual bool wants_more() const { return false; }
  /// The input is at its end; `line` is empty and stands behind the last one.
  virtual void end(const Line& /*line*/, FindingSink&) {}
};

}  // namespace spillway::doctor
