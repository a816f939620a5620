#include "sense/device.h"

#include <poll.h>

namespace spillway {
namespace {

/// The worker looks once a second by itself: looks that follow each other faster want more.
constexpr Duration kClose = 500ms;

}  // namespace

Result<std::vector<Reading>> DeviceSensor::read(const Look& look) {
  if (before_ && look.now - *before_ < kClose) cell_->want_look();
  before_ = look.now;
  return cell_->take(look.now);
}

void DeviceSensor::wake_fds(std::vector<WakeFd>& out) const {
  if (!cell_->empty()) out.push_back({cell_->fd(), POLLIN});
}

}  // namespace spillway
