// A journal, whoever wrote it: read, replayed with today's assess and decide, and explained.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/fd.h"
#include "record/digest.h"
#include "replay/retrial.h"
#include "tests/fuzz/fuzz.h"

namespace spillway::fuzz {
namespace {

constexpr std::uint64_t kMostLooks = 200;

/// A file that holds `text`, without a disk.
class TextFile {
 public:
  explicit TextFile(std::string_view text) : fd_(::memfd_create("journal", MFD_CLOEXEC)) {
    must(fd_ && ::write(fd_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  UniqueFd fd_;
};

void journal(std::string_view text) {
  const TextFile file(text);
  auto reader = JournalReader::open(file.path());
  must(reader.has_value());
  std::vector<Event> events;
  while (auto event = reader->next()) events.push_back(std::move(*event));
  must(reader->skipped_lines().size() <= reader->skipped());
  (void)digest(events);

  Replay replay(std::move(*JournalReader::open(file.path())));
  Retrial retrial;
  while (const auto look = replay.next()) {
    (void)retrial.take(*look);
    if (retrial.looks() == kMostLooks) break;
  }
}

}  // namespace
}  // namespace spillway::fuzz

SPILLWAY_FUZZ(spillway::fuzz::journal)
