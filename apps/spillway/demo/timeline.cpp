#include "demo/timeline.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace spillway {
namespace {

constexpr const char* kPlain = "";
constexpr const char* kBold = "\033[1m";
constexpr const char* kDim = "\033[2m";

}  // namespace

Timeline::Timeline(std::FILE* out)
    : out_(out), colour_(::isatty(::fileno(out)) && !std::getenv("NO_COLOR")) {
  restart();
}

void Timeline::restart() {
  const std::lock_guard lock(mutex_);
  start_ = std::chrono::steady_clock::now();
}

void Timeline::say(const std::string& text) { line(text, kPlain); }

void Timeline::gauge(Bytes used, Bytes limit, const std::string& text) {
  constexpr int kWidth = 20;
  const double share = ratio(used, limit);
  const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kWidth));
  line(fmt::format("[{:=<{}}{:{}}] {:>3.0f}% {}", "", filled, "", kWidth - filled, share * 100,
                   text),
       kDim);
}

void Timeline::chapter(const std::string& text) {
  const std::lock_guard lock(mutex_);
  fmt::print(out_, "\n{}{}{}\n", colour_ ? kBold : "", text, colour_ ? "\033[0m" : "");
  std::fflush(out_);
}

void Timeline::line(const std::string& text, const char* colour) {
  const std::lock_guard lock(mutex_);
  const double since =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  fmt::print(out_, "{}{:6.1f}s  {}{}\n", colour_ ? colour : "", since, text,
             colour_ && *colour ? "\033[0m" : "");
  std::fflush(out_);
}

}  // namespace spillway
