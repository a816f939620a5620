#pragma once

#include <string>

#include "doctor/tune/book.h"
#include "port/sys_root.h"

namespace spillway {

/// Where settings are changed: the running machine, or an image that is mounted somewhere.
struct TunePlace {
  std::string root;  // absolute, "/" for the machine
  SysRoot files;
  doctor::TuneBook book;

  bool live() const { return book.live(); }
};

/// Errc::not_found: no such folder.
Result<TunePlace> open_place(const std::string& root);

}  // namespace spillway
