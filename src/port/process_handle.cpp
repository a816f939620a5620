#include "port/process_handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

namespace spillway {
namespace {

constexpr std::uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

struct Protected {
  std::string_view what;
  std::string_view names;  // as in comm: cut at 15 bytes
};
constexpr std::array kProtected{
    Protected{"a shell",
              "sh ash bash dash zsh fish ksh ksh93 mksh tcsh csh nu elvish pwsh busybox"},
    Protected{"a terminal",
              "tmux tmux:~server screen SCREEN xterm konsole kitty alacritty foot ptyxis "
              "gnome-terminal- wezterm-gui xfce4-terminal ghostty tilix"},
    Protected{"part of the login or of the session",
              "init systemd login agetty getty sshd sshd-session su sudo doas polkitd dbus-daemon "
              "dbus-broker dbus-broker-lau gdm3 gdm gdm-session-wor gdm-wayland-ses gdm-x-session "
              "sddm sddm-helper lightdm greetd gnome-session-b gnome-session-i ksmserver "
              "startplasma-way startplasma-x11 xfce4-session lxsession"},
    Protected{
        "a display server or compositor",
        "X Xorg Xwayland gnome-shell mutter kwin_wayland kwin_x11 plasmashell sway Hyprland "
        "weston labwc river wayfire niri cosmic-comp cosmic-session gamescope cinnamon muffin "
        "marco xfwm4 openbox i3 bspwm awesome dwm picom compiz budgie-wm"},
    Protected{"part of the guard",
              "spillway spillwayd spillway-worker spillway-thaw spillway-checkp spillway-gatewa"},
    Protected{"a sound server", "pipewire pipewire-pulse wireplumber pulseaudio jackd"},
};

bool lists(std::string_view names, std::string_view name) {
  while (const auto known = next_word(names)) {
    // '~' stands for the blank that separates the names.
    if (std::equal(known->begin(), known->end(), name.begin(), name.end(),
                   [](char k, char n) { return k == n || (k == '~' && n == ' '); })) {
      return true;
    }
  }
  return false;
}

Result<std::string> read_at(int directory, const char* file, std::string where) {
  const UniqueFd fd(openat(directory, file, O_RDONLY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, std::move(where)));
  std::array<char, 4096> buffer;
  const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
  if (n < 0) return tl::unexpected(system_error(errno, std::move(where)));
  return std::string(buffer.data(), static_cast<std::size_t>(n));
}

std::string place(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

/// "Uid:\treal\teffective\tsaved\tfs" in /proc/PID/status.
std::optional<uid_t> real_uid(std::string_view status) {
  while (auto line = next_token(status, '\n')) {
    if (next_word(*line) != "Uid:") continue;
    const auto word = next_word(*line);
    const auto uid = word ? parse_u64(*word) : std::nullopt;
    return uid ? std::optional(static_cast<uid_t>(*uid)) : std::nullopt;
  }
  return std::nullopt;
}

// glibc 2.36 declares both without C linkage.
int pidfd_open(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }
int pidfd_send_signal(int pidfd, int number) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0));
}

int to_poll_timeout(Duration timeout) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000));
}

}  // namespace

Result<ProcessIdentity> parse_process_stat(std::string_view line) {
  const auto bad = [] { return fail(Errc::invalid, "not a line of /proc/PID/stat"); };
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return bad();
  }
  const auto pid = parse_u64(trimmed(line.substr(0, open)));
  if (!pid) return bad();

  ProcessIdentity who;
  who.pid = static_cast<pid_t>(*pid);
  who.name = line.substr(open + 1, close - open - 1);
  std::string_view rest = line.substr(close + 1);
  for (int field = 3; field <= 22; ++field) {
    const auto word = next_word(rest);
    if (!word) return bad();
    if (field != 6 && field != 7 && field != 9 && field != 22) continue;
    if (field == 22) {
      const auto start = parse_u64(*word);
      if (!start) return bad();
      who.start_ticks = *start;
      continue;
    }
    const auto number = parse_i64(*word);
    if (!number) return bad();
    if (field == 6) who.session = static_cast<pid_t>(*number);
    if (field == 7) who.tty = static_cast<int>(*number);
    if (field == 9) who.kernel_thread = (static_cast<std::uint64_t>(*number) & kKernelThread) != 0;
  }
  return who;
}

std::optional<std::string> protection(const ProcessIdentity& who, pid_t self) {
  if (who.pid == 1) return "it is pid 1";
  if (who.pid == self) return "it is the guard itself";
  if (who.kernel_thread) return "it is a kernel thread";
  if (who.session == who.pid && who.tty != 0) return "it leads a session on a terminal";
  if (who.name.starts_with("systemd-")) return who.name + " is part of the system";
  for (const auto& [what, names] : kProtected) {
    if (lists(names, who.name)) return who.name + " is " + std::string(what);
  }
  return std::nullopt;
}

Result<ProcessHandle> ProcessHandle::open(pid_t pid, std::optional<std::uint64_t> start_ticks) {
  if (pid <= 0) return fail(Errc::invalid, "not a process id", std::to_string(pid));
  const std::string where = "/proc/" + std::to_string(pid);
  UniqueFd directory(::open(where.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return tl::unexpected(system_error(errno, where));
  UniqueFd pidfd(pidfd_open(pid));
  if (!pidfd) return tl::unexpected(system_error(errno, "pidfd_open " + where));

  // The directory was opened first, so if it can still be read now, its process was alive when the
  // pidfd was opened: both mean the same one.
  ProcessHandle handle(pid, std::move(directory), std::move(pidfd));
  const auto who = handle.identity();
  if (!who) return tl::unexpected(who.error());
  if (start_ticks && who->start_ticks != *start_ticks) {
    return fail(Errc::not_found, "the process has ended; its pid belongs to another one now",
                where);
  }
  handle.start_ticks_ = who->start_ticks;
  const auto status = read_at(handle.directory_.get(), "status", place(pid, "status"));
  if (!status) return tl::unexpected(status.error());
  const auto uid = real_uid(*status);
  if (!uid) return fail(Errc::invalid, "no Uid line", place(pid, "status"));
  handle.uid_ = *uid;
  return handle;
}

Result<ProcessIdentity> ProcessHandle::identity() const {
  const auto line = read_at(directory_.get(), "stat", place(pid_, "stat"));
  if (!line) return tl::unexpected(line.error());
  return parse_process_stat(*line);
}

bool ProcessHandle::still_same() const { return !wait_end(Duration::zero()); }

Status ProcessHandle::signal(int signal_number) const {
  if (pidfd_send_signal(pidfd_.get(), signal_number) == 0) return {};
  return tl::unexpected(system_error(errno, "process " + std::to_string(pid_)));
}

bool ProcessHandle::wait_end(Duration timeout) const {
  pollfd watch{pidfd_.get(), POLLIN, 0};
  int n;
  do {
    n = poll(&watch, 1, to_poll_timeout(timeout));
  } while (n < 0 && errno == EINTR);
  return n > 0;
}

std::optional<std::string> ProcessHandle::protection() const {
  const auto who = identity();
  if (!who) return "it cannot be looked at: " + to_string(who.error());
  return spillway::protection(*who, getpid());
}

}  // namespace spillway
