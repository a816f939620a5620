#include "tune/app/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace spillway {
namespace {

/// "maxBatchSize", "max-batch-size" and "MAX_BATCH_SIZE" are "max_batch_size".
std::string plain_name(std::string_view key) {
  std::string name;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto letter = static_cast<unsigned char>(key[i]);
    const bool hump = std::isupper(letter) != 0 && i > 0 &&
                      std::islower(static_cast<unsigned char>(key[i - 1])) != 0;
    if (hump) name += '_';
    name += key[i] == '-' || key[i] == '.' ? '_' : static_cast<char>(std::tolower(letter));
  }
  return name;
}

bool is_about_gpu(const std::vector<std::string>& path) {
  return std::any_of(path.begin(), path.end(), [](const std::string& key) {
    const std::string name = plain_name(key);
    return name.find("gpu") != name.npos || name.find("cuda") != name.npos ||
           name.find("vram") != name.npos;
  });
}

enum class Kind {
  halve,     // a number that memory grows with
  fraction,  // of a card's memory
  on,        // a switch that saves memory
  off        // one that costs it
};
enum class Of { ram, vram, either };

struct Rule {
  std::string_view pattern;  // of the plain name
  Kind kind;
  Of of;  // `vram` also where the path speaks of a GPU
  std::uint64_t least;
  std::string_view why;
};

constexpr std::string_view kWorkers = "each worker holds a model and a context of its own";
constexpr std::string_view kBatch = "activations grow with the batch";
constexpr std::string_view kCache = "a cache holds what can be made again";
constexpr std::string_view kRequests = "each request in flight holds buffers and a KV cache";
constexpr std::string_view kQueue = "what waits is held in memory";
constexpr std::string_view kModels = "each loaded model stays whole";
constexpr std::string_view kShare = "the rest is for the driver, the display and peaks";
constexpr std::string_view kGrowth = "takes what it uses instead of the whole card at start";
constexpr std::string_view kPinned = "pinned pages can neither be reclaimed nor swapped";

// The first that matches counts.
constexpr std::array<Rule, 33> kRules{{
    {"*allow_growth", Kind::on, Of::vram, 0, kGrowth},
    {"*preallocate", Kind::off, Of::vram, 0, kGrowth},
    {"*memory_fraction", Kind::fraction, Of::vram, 0, kShare},
    {"*mem_fraction*", Kind::fraction, Of::vram, 0, kShare},
    {"*memory_utilization", Kind::fraction, Of::vram, 0, kShare},
    {"pin_memory", Kind::off, Of::ram, 0, kPinned},
    {"*mlock", Kind::off, Of::ram, 0, kPinned},
    {"worker_processes", Kind::halve, Of::ram, 1, kWorkers},
    {"workers", Kind::halve, Of::ram, 1, kWorkers},
    {"*_workers", Kind::halve, Of::ram, 1, kWorkers},
    {"num_workers*", Kind::halve, Of::ram, 1, kWorkers},
    {"worker_count", Kind::halve, Of::ram, 1, kWorkers},
    {"processes", Kind::halve, Of::ram, 1, kWorkers},
    {"num_processes", Kind::halve, Of::ram, 1, kWorkers},
    {"replicas", Kind::halve, Of::ram, 1, kWorkers},
    {"batch", Kind::halve, Of::either, 1, kBatch},
    {"*batch_size*", Kind::halve, Of::either, 1, kBatch},
    {"*cache_size*", Kind::halve, Of::ram, 1, kCache},
    {"*cache_mb", Kind::halve, Of::ram, 1, kCache},
    {"*cache_limit*", Kind::halve, Of::ram, 1, kCache},
    {"*cache_ram*", Kind::halve, Of::ram, 1, kCache},
    {"max_cache*", Kind::halve, Of::ram, 1, kCache},
    {"max_connections", Kind::halve, Of::ram, 1, kRequests},
    {"max_concurrent*", Kind::halve, Of::either, 1, kRequests},
    {"*concurrency", Kind::halve, Of::either, 1, kRequests},
    {"*num_parallel", Kind::halve, Of::either, 1, kRequests},
    {"max_num_seqs", Kind::halve, Of::vram, 1, kRequests},
    {"max_requests_in_flight", Kind::halve, Of::either, 1, kRequests},
    {"queue_size", Kind::halve, Of::ram, 1, kQueue},
    {"max_queue*", Kind::halve, Of::ram, 1, kQueue},
    {"prefetch*", Kind::halve, Of::ram, 1, kQueue},
    {"*max_loaded_models", Kind::halve, Of::either, 1, kModels},
    {"max_models", Kind::halve, Of::either, 1, kModels},
}};

constexpr double kMostShare = 0.8;

class Advisor {
 public:
  Advisor(std::string_view file, const AppSituation& situation)
      : file_(file), situation_(situation) {}

  void look_at(const AppScalar& scalar) {
    if (scalar.path.empty()) return;
    const std::string name = plain_name(scalar.path.back());
    const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                   [&](const Rule& r) { return matches(r.pattern, name); });
    if (rule == kRules.end()) return;
    switch (rule->kind) {
      case Kind::halve: return halve(scalar, *rule);
      case Kind::fraction: return lower_share(scalar, *rule);
      case Kind::on: return flip(scalar, *rule, "false", "true");
      case Kind::off: return flip(scalar, *rule, "true", "false");
    }
  }

  std::vector<AppEdit> take() { return std::move(edits_); }

 private:
  std::string shortage(const AppMemory& memory, std::string_view what) const {
    const std::string used = memory.used ? to_string(*memory.used) : "an unknown amount";
    return fmt::format("{} of {} in use, {} wanted", used, what,
                       memory.target ? to_string(*memory.target) : "less");
  }

  const AppMemory& memory_of(const AppScalar& scalar, const Rule& rule) const {
    if (rule.of == Of::vram || is_about_gpu(scalar.path)) return situation_.vram;
    const bool vram_is_shorter = situation_.vram.halvings() > situation_.ram.halvings();
    return rule.of == Of::either && vram_is_shorter ? situation_.vram : situation_.ram;
  }

  void halve(const AppScalar& scalar, const Rule& rule) {
    std::string_view digits = scalar.text;  // "512", "512MB"
    const auto end = digits.find_first_not_of("0123456789");
    const std::string unit(end == digits.npos ? "" : digits.substr(end));
    digits = digits.substr(0, end);
    const bool is_unit = std::all_of(unit.begin(), unit.end(), [](char c) {
      return std::isalpha(static_cast<unsigned char>(c)) != 0;
    });
    const auto number = parse_u64(digits);
    if (!number || !is_unit || unit.size() > 3) return;
    const AppMemory& memory = memory_of(scalar, rule);
    std::uint64_t less = *number >> memory.halvings();
    less = std::max(less, rule.least);
    if (less >= *number) return;
    const char* what = &memory == &situation_.vram ? "VRAM" : "RAM";
    add(scalar, std::to_string(less) + unit, shortage(memory, what) + "; " + std::string(rule.why));
  }

  void lower_share(const AppScalar& scalar, const Rule& rule) {
    const auto share = parse_decimal(scalar.text);
    double most = kMostShare;
    const auto& target = situation_.vram.target;
    if (target && situation_.vram.asked && situation_.vram_total) {
      // Two decimals, and none of the target given away.
      most = std::min(most, std::floor(100 * ratio(*target, *situation_.vram_total)) / 100);
    }
    if (!share || *share <= most || *share > 1 || most <= 0) return;
    add(scalar, fmt::format("{}", most), std::string(rule.why));
  }

  void flip(const AppScalar& scalar, const Rule& rule, std::string_view from, std::string_view to) {
    if (rule.of == Of::ram && situation_.ram.halvings() == 0) return;
    std::string lower = scalar.text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower != from) return;
    std::string after(to);  // "False" is written "True"
    if (std::isupper(static_cast<unsigned char>(scalar.text[0])) != 0) {
      after[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(after[0])));
    }
    add(scalar, after, std::string(rule.why));
  }

  void add(const AppScalar& scalar, std::string after, std::string reason) {
    std::string path;
    for (const std::string& key : scalar.path) path += (path.empty() ? "" : ".") + key;
    const std::string_view since = file_.substr(counted_, scalar.begin - counted_);
    line_ += static_cast<std::size_t>(std::count(since.begin(), since.end(), '\n'));
    counted_ = scalar.begin;
    edits_.push_back({std::move(path), line_, scalar.text, std::move(after), std::move(reason),
                      scalar.begin, scalar.end});
  }

  std::string_view file_;
  const AppSituation& situation_;
  std::size_t line_ = 1, counted_ = 0;  // the line that this byte stands in
  std::vector<AppEdit> edits_;
};

/// A line with its end, if it has one.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

void append(std::string& diff, char sign, std::string_view line) {
  diff += sign;
  diff += line;
  if (!line.ends_with('\n')) diff += "\n\\ No newline at end of file\n";
}

}  // namespace

int AppMemory::halvings() const {
  if (!target) return 0;
  if (!used) return asked ? 1 : 0;
  if (*used <= *target) return 0;
  if (*target <= 0_B) return 3;
  return std::clamp(static_cast<int>(std::ceil(std::log2(ratio(*used, *target)))), 1, 3);
}

std::vector<AppEdit> app_edits(std::string_view file, const std::vector<AppScalar>& scalars,
                               const AppSituation& situation) {
  Advisor advisor(file, situation);
  for (const AppScalar& scalar : scalars) advisor.look_at(scalar);
  return advisor.take();
}

std::string app_diff(std::string_view file, const std::string& name,
                     const std::vector<AppEdit>& edits) {
  if (edits.empty()) return {};
  constexpr std::size_t kContext = 3;
  const auto before = lines_of(file);
  // No value has a line break in it: lines are replaced one by one.
  std::vector<std::string> after(before.begin(), before.end());
  std::vector<bool> changed(before.size());
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    const auto begin = static_cast<std::size_t>(before[edit->line - 1].data() - file.data());
    after[edit->line - 1].replace(edit->begin - begin, edit->end - edit->begin, edit->after);
    changed[edit->line - 1] = true;
  }
  std::string diff = fmt::format("--- {0}\n+++ {0}\n", name);
  for (std::size_t i = 0; i < before.size();) {
    const auto next =
        std::find(changed.begin() + static_cast<std::ptrdiff_t>(i), changed.end(), true);
    if (next == changed.end()) break;
    const auto first = static_cast<std::size_t>(next - changed.begin());
    const std::size_t begin = std::max(i, first - std::min(first, kContext));
    std::size_t last = first;
    for (std::size_t j = first; j < before.size() && j <= last + 2 * kContext + 1; ++j) {
      if (changed[j]) last = j;
    }
    const std::size_t end = std::min(last + kContext + 1, before.size());
    diff += fmt::format("@@ -{0},{1} +{0},{1} @@\n", begin + 1, end - begin);
    for (std::size_t j = begin; j < end;) {
      std::size_t run = j;
      while (run < end && changed[run]) ++run;
      for (std::size_t k = j; k < run; ++k) append(diff, '-', before[k]);
      for (std::size_t k = j; k < run; ++k) append(diff, '+', after[k]);
      if (run == j) append(diff, ' ', before[run++]);
      j = run;
    }
    i = end;
  }
  return diff;
}

}  // namespace spillway
