#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/state/checks.h"

// Other programs that act when memory is short.

namespace spillway::doctor {
namespace {

/// By comm, which the kernel cuts at 15 bytes.
struct Rival {
  std::string_view comm, name, unit;
  std::string_view rule;  // as it is out of the box
};
constexpr std::array kRivals{
    Rival{"earlyoom", "earlyoom", "earlyoom.service",
          "kills when available RAM and free swap are both below 10 %"},
    Rival{"nohang", "nohang", "nohang-desktop.service",
          "kills when available RAM is below 5 % and free swap below 10 %"},
    Rival{"systemd-oomd", "systemd-oomd", "systemd-oomd.service",
          "kills control groups whose pressure stays above 60 % for 30 s, or at 90 % of RAM and "
          "swap"},
    Rival{"oomd", "oomd", "oomd.service", "kills control groups by its own rules"}};

struct Running {
  const Rival* rival;
  const Process* process;
};

std::vector<Running> running(const Examined& e) {
  std::vector<Running> found;
  for (const Rival& rival : kRivals) {
    for (const Process& process : e.machine.processes) {
      // nohang runs in Python: only its arguments name it.
      const bool named =
          process.name == rival.comm ||
          (rival.comm == "nohang" && process.command.find("/nohang ") != std::string::npos);
      if (!named) continue;
      found.push_back({&rival, &process});
      break;
    }
  }
  return found;
}

void several_killers(const Examined& e, std::vector<Diagnosis>& out) {
  const auto rivals = running(e);
  if (rivals.size() < 2) return;
  std::string names;
  for (const Running& r : rivals) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", r.rival->name, r.process->pid);
  }
  out.push_back(
      {.what = "several programs kill when memory is short, and do not know of each other",
       .evidence = names + " are running",
       .fix = "keep one: two of them kill twice for one shortage",
       .command = fmt::format("sudo systemctl disable --now {}", rivals.back().rival->unit)});
}

/// The number after "-m" of earlyoom: "-m 5", "-m5", "-m 5,3". Percent.
double threshold(std::string_view command, std::string_view option, double usual) {
  const std::size_t at = command.find(std::string(" ") + std::string(option));
  if (at == std::string_view::npos) return usual;
  std::string_view rest = command.substr(at + 1 + option.size());
  if (rest.starts_with('=')) rest.remove_prefix(1);
  const auto word = next_word(rest);
  if (!word) return usual;
  const auto value = parse_decimal(word->substr(0, word->find(',')));
  return value.value_or(usual);
}

/// The levels are of used RAM: what earlyoom counts as available is what is left.
void kills_before_the_ladder(const Examined& e, std::vector<Diagnosis>& out) {
  constexpr double kLadderEnds = 5;  // percent free at emergency, where the last measures begin
  for (const Running& r : running(e)) {
    if (r.rival->name != "earlyoom") continue;
    const double ram = threshold(r.process->command, "-m", 10);
    const double swap = threshold(r.process->command, "-s", 10);
    const bool has_swap = e.machine.memory.swap_total.value_or(Bytes{}).count > 0;
    const bool swap_protects = has_swap && swap < 50;
    if (ram <= kLadderEnds || swap_protects) continue;
    out.push_back(
        {.what = "earlyoom kills before Spillway has tried everything",
         .evidence = fmt::format(
             "{}: kills at {} % of RAM available{}; Spillway's last measures begin at {} %",
             r.process->command.empty() ? "earlyoom" : r.process->command, ram,
             has_swap ? "" : ", and there is no swap to wait for", kLadderEnds),
         .fix = "let it begin later: in /etc/default/earlyoom EARLYOOM_ARGS=\"-m 3\"",
         .command = "sudoedit /etc/default/earlyoom && sudo systemctl restart earlyoom"});
  }
}

void killers(const Examined& e, std::vector<Diagnosis>& out) {
  for (const Running& r : running(e)) {
    out.push_back(
        {.severity = Severity::note,
         .what = fmt::format("{} is running, too", r.rival->name),
         .evidence = fmt::format("process {}; out of the box it {}", r.process->pid, r.rival->rule),
         .fix = "nothing: it is the net below Spillway",
         .command = {}});
  }
}

constexpr std::array kChecks{Check{"several-killers", several_killers},
                             Check{"kills-before-the-ladder", kills_before_the_ladder},
                             Check{"killer-running", killers}};

}  // namespace

std::span<const Check> rival_checks() { return kChecks; }

}  // namespace spillway::doctor
