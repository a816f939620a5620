#include "tune/confirmation.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>

namespace spillway {
namespace {

using doctor::TuneMoment;

volatile std::sig_atomic_t interrupted = 0;

/// Ctrl-C is an answer while it lives.
class InterruptAsAnswer {
 public:
  InterruptAsAnswer() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptAsAnswer() { ::sigaction(SIGINT, &before_, nullptr); }
  InterruptAsAnswer(const InterruptAsAnswer&) = delete;
  InterruptAsAnswer& operator=(const InterruptAsAnswer&) = delete;

 private:
  struct sigaction before_ {};
};

enum class Key { none, enter, gone };

Key wait_for_key() {
  pollfd terminal{STDIN_FILENO, POLLIN, 0};
  if (::poll(&terminal, 1, 100) <= 0) return Key::none;
  char letter = 0;
  if (::read(STDIN_FILENO, &letter, 1) <= 0) return Key::gone;
  return letter == '\n' ? Key::enter : Key::none;
}

}  // namespace

Result<Confirmation> ask_for_confirmation(TunePlace& place, const doctor::TuneManifest& manifest) {
  const InterruptAsAnswer interrupts;
  for (;;) {
    const Key key = wait_for_key();
    if (key == Key::gone && interrupted == 0) return Confirmation::unanswered;
    const auto all = place.book.list();
    if (!all) return tl::unexpected(all.error());
    const bool is_there = !all->empty() && all->back().manifest.id == manifest.id;
    if (is_there && all->back().confirmed) return Confirmation::kept;
    if (!is_there) return Confirmation::taken_back;
    if (key == Key::enter) {
      const auto confirmed = place.book.confirm(TuneMoment::now());
      if (confirmed) return Confirmation::kept;
      if (confirmed.error().code == Errc::timed_out) return Confirmation::taken_back;
      return tl::unexpected(confirmed.error());
    }
    if (const auto undone = place.book.revert_expired(TuneMoment::now()); !undone) {
      return tl::unexpected(undone.error());
    }
    if (interrupted != 0) {
      const auto undone = place.book.roll_back();
      if (!undone && undone.error().code != Errc::not_found) return tl::unexpected(undone.error());
      return Confirmation::taken_back;
    }
  }
}

}  // namespace spillway
