#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "record/event_lines.h"

namespace spillway {

/// The latest events in memory, as text: for `why` and for subscribers that join late. Frames and
/// the other events have half of the capacity each, so that a minute under pressure does not push
/// out what was done an hour ago. One thread at a time.
class EventRing final : public EventSink {
 public:
  struct Entry {
    std::uint64_t sequence = 0;  // from 1, in the order of taking
    std::string text;            // one line of JSON
  };

  explicit EventRing(Bytes capacity = {256 << 10},
                     FrameRules rules = {.quiet = 30s, .processes = 8});

  void take(const Event& event) override;

  /// Those after `sequence`, oldest first; 0 gives all.
  std::vector<Entry> since(std::uint64_t sequence) const;
  /// Those that are still there, oldest first.
  std::vector<Event> events() const;
  /// Of the entry taken last; 0 when there was none.
  std::uint64_t last() const { return last_; }
  Bytes size() const { return frames_.size + others_.size; }

 private:
  struct Half {
    std::deque<Entry> entries;
    Bytes size;
    void push(Entry entry, Bytes capacity);
  };

  Bytes half_capacity_;
  EventLines lines_;
  std::uint64_t last_ = 0;
  Half frames_;
  Half others_;
};

}  // namespace spillway
