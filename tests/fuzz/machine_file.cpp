// Every file of the machine that the doctor reads. The first byte says which; see kParsers.

#include <array>
#include <cmath>

#include "base/text.h"
#include "doctor/holders/place.h"
#include "doctor/read/history.h"
#include "doctor/read/memory.h"
#include "doctor/read/nvidia.h"
#include "doctor/read/processes.h"
#include "doctor/read/units.h"
#include "doctor/state/driver_bugs.h"
#include "doctor/state/words.h"
#include "json/codec.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

using namespace doctor;

void must_be_amount(const std::optional<Bytes>& bytes) { must(!bytes || *bytes >= Bytes{}); }

void meminfo(std::string_view text) {
  const MemoryState memory = parse_meminfo(text);
  for (const auto& bytes : {memory.total, memory.free, memory.available, memory.swap_free}) {
    must_be_amount(bytes);
  }
}

void swaps(std::string_view text) {
  for (const doctor::SwapArea& area : parse_swap_areas(text)) {
    must_be_amount(area.size);
    must_be_amount(area.used);
  }
}

void process(std::string_view text) {
  must_be_amount(parse_address_limit(text));
  const auto process = parse_process_status(text);
  if (!process) return;
  must_be_amount(process->own());
  must_be_amount(process->swapped);
  must(!process->name.empty());
}

void names(std::string_view text) {
  const Place place = place_of(text);
  must(place.unit.empty() || place.container.empty());
  Process process;
  process.command = text;
  process.name = "comm";
  must(!program_of(process).empty());
  must(shell_word(text).size() >= 2 || !text.empty());
  (void)driver_bugs(text);
}

void unit(std::string_view text) {
  for (const UnitSetting& setting : parse_unit(text, "file", "unit")) {
    must(!setting.key.empty() && setting.value.size() <= 256);
  }
}

void nvidia(std::string_view text) {
  GpuState state{{{.address = "0000:41:00.0", .driver = "nvidia"}}, {}};
  add_nvidia_smi(text, state);
  must(state.gpus.size() == 1 && state.gpus[0].uuid.size() <= 64);
}

void journal(std::string_view text) {
  HistoryBook book;
  while (const auto line = next_token(text, '\n')) {
    if (const auto event = from_text<Event>(*line)) book.take(*event);
  }
  const History history = book.finish();
  must(history.span >= Duration{});
  for (const Growth& growth : history.growth) {
    must(std::isfinite(growth.per_hour) && std::isfinite(growth.error) && growth.looks >= 12);
  }
}

constexpr std::array kParsers{meminfo, swaps, process, names, unit, nvidia, journal};

void machine_file(std::string_view text) { kParsers[take_choice(text) % kParsers.size()](text); }

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::machine_file)
