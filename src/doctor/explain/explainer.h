#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doctor/explain/advice.h"
#include "doctor/explain/gather.h"
#include "doctor/explain/series.h"
#include "doctor/lines/marks.h"
#include "doctor/lines/reader.h"

namespace spillway::doctor {

class JournalLines;

/// What logs tell.
struct Report {
  std::vector<Finding>
      findings;  // in the order of their first lines; of several inputs one after the other
  std::vector<Series> series;      // of our own journal
  std::vector<std::string> notes;  // what is incomplete: lines cut, a stream that broke off
  std::uint64_t lines = 0, bytes = 0;
};

/// Reads logs of any mixture, each line once, in constant memory, and explains what ran out. Blocks on its
/// inputs. One thread at a time.
class Explainer {
 public:
  /// `predictor` must outlive it; none: effects stay unknown.
  explicit Explainer(Predictor* predictor = nullptr);
  ~Explainer();

  /// Reads it to its end. What breaks off there is noted, what was read counts.
  void read(LineReader& lines);
  Report finish();

 private:
  struct Source {
    std::unique_ptr<Recogniser> recogniser;
    std::size_t first_mark = 0;
    MarkSet::Found marks;
    bool waits = false;  // for the next line
  };
  void take(const LineReader& lines, const MarkSet::Found& found);
  void hand_out(const Line& line, const MarkSet::Found& found);

  Predictor* predictor_;
  const MarkSet& marks_;
  std::vector<Source> sources_;
  std::unique_ptr<JournalLines> journal_;
  Texts texts_;
  Gatherer gatherer_;
  bool waits_ = false;
  Report report_;
};

}  // namespace spillway::doctor
