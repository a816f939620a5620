#include "assess/samples.h"

namespace spillway {

void Thinned::add(const Sample& sample) {
  if (samples_.size() >= capacity_) {
    if (distance_ * 2 <= longest_) {
      distance_ *= 2;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < samples_.size(); i += 2, ++kept) {
        const bool worked = i > 0 && samples_[i - 1].in_use;  // of the one left out
        samples_[kept] = samples_[i];
        samples_[kept].in_use |= worked;
      }
      samples_.resize(kept);
    } else {
      samples_.erase(samples_.begin());
    }
  }
  samples_.push_back(sample);
}

}  // namespace spillway
