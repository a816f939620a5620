#include "tune/place.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace spillway {
namespace {

/// Has systemd read its units again, if it is what runs here. Waits for it.
void reload_units() {
  if (::access("/run/systemd/system", F_OK) != 0) return;
  std::array<std::string, 2> words{"systemctl", "daemon-reload"};
  std::array<char*, 3> arguments{words[0].data(), words[1].data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, "systemctl", nullptr, nullptr, arguments.data(), environ) == 0) {
    ::waitpid(child, nullptr, 0);
  }
}

}  // namespace

Result<TunePlace> open_place(const std::string& root) {
  auto tree = doctor::Tree::open(root);
  if (!tree) return tl::unexpected(tree.error());
  std::string real = tree->where("");
  const bool live = real.empty();
  if (live) real += '/';
  SysRoot files(real);
  return TunePlace{real, std::move(files),
                   doctor::TuneBook(std::move(*tree), live, [] { reload_units(); })};
}

}  // namespace spillway
