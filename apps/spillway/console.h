#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exit_code.h"
#include "render/canvas.h"

namespace spillway {

/// What every verb is told.
struct Global {
  std::string socket;  // --socket; empty: $SPILLWAY_SOCKET, then the user's, then the system's
  bool no_color = false;
};

/// Results go to stdout, everything else to stderr: a pipe gets nothing but what was asked for.
class Console {
 public:
  /// Colors on a terminal only, and neither with --no-color, NO_COLOR (https://no-color.org) nor
  /// TERM=dumb. The width is the terminal's, $COLUMNS, or unlimited.
  explicit Console(const Global& global);

  const Canvas& canvas() const { return canvas_; }
  /// `text` and a line end, to stdout.
  void print(std::string_view text) const;
  void print(const std::vector<std::string>& lines) const;
  /// To stderr, with the program's name before it.
  void tell(std::string_view text) const;
  /// Tells the error and the way out of it.
  void tell(const Error& error) const;
  /// Tells it; what a verb that ends with it exits with.
  ExitCode failed(const Error& error) const;
  /// Makes sure that stdout was really written: a full disk is a failure.
  ExitCode finish(ExitCode code) const;

 private:
  Canvas canvas_;
};

}  // namespace spillway
