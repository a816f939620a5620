#include "doctor/kernel/xid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/explain/mask.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kMostDevices = 64;

struct Meaning {
  std::int64_t number;
  std::string_view what;
};
constexpr std::array kMeanings{
    Meaning{8, "a kernel ran too long (GPU timeout)"},
    Meaning{13, "a kernel used an address or an instruction that is not allowed"},
    Meaning{31, "a kernel touched memory that is not mapped"},
    Meaning{32, "the command stream was corrupted"},
    Meaning{38, "the driver's firmware reported an error"},
    Meaning{43, "the channel of a program was reset; that program's context is lost"},
    Meaning{45, "the program was torn down, mostly after an earlier error"},
    Meaning{48, "a double-bit ECC error: memory cells are broken"},
    Meaning{61, "the GPU's microcontroller stopped"},
    Meaning{62, "the GPU's microcontroller halted"},
    Meaning{63, "a memory page or row was retired"},
    Meaning{64, "a memory page or row could not be retired"},
    Meaning{69, "a graphics engine error"},
    Meaning{74, "an NVLink error"},
    Meaning{79, "the GPU has fallen off the bus"},
    Meaning{92, "many single-bit ECC errors"},
    Meaning{94, "a contained ECC error: the program that used the page is lost"},
    Meaning{95, "an uncontained ECC error: the GPU must be reset"},
    Meaning{109, "a context switch timed out"},
    Meaning{119, "the GPU's system processor does not answer"},
    Meaning{120, "the GPU's system processor failed"},
    Meaning{154, "the driver asks for a recovery action"}};

}  // namespace

void Xid::take(const Line& line, const MarkSet::Found& marks, FindingSink& out) {
  const auto rest = marks.any() ? after(line.text, "NVRM: Xid") : std::nullopt;
  if (!rest) return;
  const auto address = between(*rest, "(", ")");
  const auto number = address ? integer_after(*rest, "):") : std::nullopt;
  if (!number) return;
  std::string pci(address->substr(0, 32));
  auto known = std::find(devices_.begin(), devices_.end(), pci);
  if (known == devices_.end() && devices_.size() < kMostDevices)
    known = devices_.insert(known, pci);
  Finding finding;
  finding.kind = Kind::xid;
  finding.first = finding.last = line.stamp();
  finding.last_line = line.number;
  if (known != devices_.end()) finding.pool = fmt::format("cuda:{}", known - devices_.begin());
  finding.recoverable = false;
  const auto meaning = std::find_if(kMeanings.begin(), kMeanings.end(),
                                    [&](const Meaning& m) { return m.number == *number; });
  finding.because = fmt::format("Xid {} on {}", *number, masked_name(pci));
  if (meaning != kMeanings.end()) finding.because += fmt::format(": {}", meaning->what);
  if (const auto who = after(*rest, "name=")) {
    finding.because += fmt::format(" (process {})", masked_name(before(*who, ",").substr(0, 64)));
  }
  finding.evidence.push_back(line.evidence());
  out.take(std::move(finding));
}

}  // namespace spillway::doctor
