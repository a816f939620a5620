#include "record/replay.h"

namespace spillway {

std::optional<RecordedLook> Replay::next() {
  while (auto event = reader_.next()) {
    if (auto* changed = std::get_if<PolicyChanged>(&*event)) policy_ = std::move(changed->policy);
    if (auto* ended = std::get_if<StepEnded>(&*event)) {
      ended_.emplace_back(std::move(ended->step), std::move(ended->outcome));
    }
    auto* frame = std::get_if<Frame>(&*event);
    if (frame == nullptr) continue;

    RecordedLook look;
    // Frames are numbered from the start of the program that looked.
    look.first = !last_number_ || frame->number <= *last_number_;
    last_number_ = frame->number;
    if (look.first) tenants_.clear();
    if (frame->tenants) tenants_ = *frame->tenants;
    frame->tenants = tenants_;
    look.frame = std::move(*frame);
    look.policy = policy_;
    look.ended = std::exchange(ended_, {});
    return look;
  }
  return std::nullopt;
}

}  // namespace spillway
