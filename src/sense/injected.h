#pragma once

#include <string>

#include "port/kept_file.h"
#include "sense/sensor.h"

namespace spillway {

struct InjectedFigures {
  Bytes used, capacity;
};

/// "USED CAPACITY" in bytes, blanks or a newline around them. Used may exceed the capacity (more was
/// promised than there is); a capacity of 0, signs and further words are errors.
Result<InjectedFigures> parse_injected(std::string_view text);

/// The pool `injected:<name>`, read from a file that somebody writes: for tests, demos and pools that
/// only an application knows. Write it in place or by rename(2); an empty, missing or garbled file is
/// a fault, never zero.
class InjectedSensor final : public Sensor {
 public:
  InjectedSensor(const SysRoot& root, const std::string& pool_name, std::string path);
  std::string_view name() const override { return pool_.text; }
  Result<std::vector<Reading>> read(const Look& look) override;

 private:
  PoolId pool_;
  KeptFile file_;
};

}  // namespace spillway
