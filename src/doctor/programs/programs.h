#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/programs/format.h"
#include "doctor/recogniser.h"

namespace spillway::doctor {

/// What programs print when memory runs out: all tables of format.h. A message may be wrapped over several
/// lines; those are put together before it is read.
class Programs final : public Recogniser {
 public:
  Programs();
  std::vector<std::string_view> marks() const override;
  void take(const Line& line, const MarkSet::Found& marks, FindingSink& out) override;
  bool wants_more() const override { return message_.has_value(); }
  void end(const Line& line, FindingSink& out) override;

 private:
  struct Message {
    MarkSet::Found marks;
    std::size_t more = 0;  // lines that may still belong to it
    Stamp stamp;
    Evidence evidence;
  };
  /// `line`: the present one, which the message ended before or in.
  void read(std::string_view text, const Message& message, const Line& line, FindingSink& out);

  std::vector<Format> formats_;
  std::optional<Message> message_;
  std::string text_;  // of it, so far
};

/// The last thing that a program said before it began to complain: of what stands in `history` the last line
/// that is no part of a traceback and no error. `skip`: lines at its end that are not looked at.
std::string last_words(std::string_view history, std::uint64_t skip = 0);

}  // namespace spillway::doctor
