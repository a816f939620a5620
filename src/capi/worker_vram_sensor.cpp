#include "capi/worker_vram_sensor.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace spillway {

std::string installed_worker() {
  Dl_info library{};
  if (::dladdr(reinterpret_cast<void*>(&installed_worker), &library) == 0) return {};
  const std::string path = library.dli_fname;
  if (path.find('/') == std::string::npos) return {};  // then nobody knows where it is
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  // Beside a program of ours; bin beside lib; bin beside lib/<machine>.
  for (const char* place : {"", "../bin/", "../../bin/"}) {
    const std::string program = folder + place + "spillway-worker";
    if (::access(program.c_str(), X_OK) == 0) return std::filesystem::canonical(program).string();
  }
  return {};
}

WorkerVramSensor::WorkerVramSensor(const DriverVramSensor& driver, WorkerOptions options)
    : driver_(driver), options_(std::move(options)) {}

Result<std::vector<Reading>> WorkerVramSensor::read(const Look& look) {
  if (driver_.is_in_use()) {
    rest();
    return {};
  }
  if (!supervisor_) supervisor_.emplace(options_, *cell_);
  supervisor_->on_readable(look.now);
  supervisor_->tick(look.now);
  return device_.read(look);
}

void WorkerVramSensor::rest() {
  if (!supervisor_) return;
  supervisor_.reset();
  cell_ = std::make_shared<DeviceCell>();
  device_ = DeviceSensor(cell_);
}

}  // namespace spillway
