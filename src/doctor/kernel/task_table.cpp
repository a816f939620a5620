#include "doctor/kernel/task_table.h"

#include <algorithm>

#include "base/text.h"
#include "doctor/lines/scan.h"

namespace spillway::doctor {
namespace {

constexpr std::size_t kBiggest = 3;
constexpr std::size_t kMostRows = 20'000;
/// uid, tgid, total_vm, rss, one to six figures, oom_score_adj.
constexpr std::size_t kFewestColumns = 6;
/// Without a head: before 4.15 there were eight columns, since then seven, and ten since 6.8.
constexpr std::size_t kMostColumns = 10;

/// What follows "[  pid  ]" and the pid, when there is a number in brackets; a dmesg time has a point.
std::optional<std::pair<std::int64_t, std::string_view>> row(std::string_view text) {
  for (std::size_t open = text.find('['); open != std::string_view::npos;
       open = text.find('[', open + 1)) {
    const auto close = text.find(']', open);
    if (close == std::string_view::npos) return std::nullopt;
    const auto pid = parse_i64(trimmed(text.substr(open + 1, close - open - 1)));
    const std::string_view rest = text.substr(close + 1);
    const auto figure = rest.find_first_not_of(' ');
    const bool figures = figure != std::string_view::npos && figure > 0 && rest[figure] >= '0' &&
                         rest[figure] <= '9';
    if (pid && *pid > 0 && figures) return std::pair(*pid, rest);
  }
  return std::nullopt;
}

}  // namespace

bool TaskTable::take(std::string_view text) {
  if (has(text, "total_vm") && has(text, "oom_score_adj")) {
    const auto head = after(text, "]   uid");
    std::string_view rest = head ? *head : std::string_view();
    columns_ = 1;
    for (auto word = next_word(rest); word && *word != "name"; word = next_word(rest)) ++columns_;
    if (columns_ < kFewestColumns || columns_ > 2 * kMostColumns) columns_ = 0;
    return true;
  }
  auto found = row(text);
  if (!found) return false;
  std::string_view rest = found->second;
  std::int64_t rss = -1;
  std::size_t columns = 0;
  const std::size_t most = columns_ != 0 ? columns_ : kMostColumns;
  while (columns < most) {
    std::string_view ahead = rest;
    const auto word = next_word(ahead);
    const auto number = word ? parse_i64(*word) : std::nullopt;
    if (!number || trimmed(ahead).empty()) break;  // the last word is the name, whatever it is
    if (++columns == 4) rss = *number;
    rest = ahead;
  }
  if (columns < kFewestColumns || rss < 0 || (columns_ != 0 && columns != columns_)) return false;
  add({std::string(trimmed(rest)), found->first, rounded(static_cast<double>(rss) * kPage)});
  return true;
}

void TaskTable::add(Holder holder) {
  const auto place = std::lower_bound(seen_.begin(), seen_.end(), holder.pid);
  if ((place != seen_.end() && *place == holder.pid) || seen_.size() >= kMostRows) return;
  seen_.insert(place, holder.pid);
  ++rows_;
  sum_ += holder.rss;
  const auto smaller = std::find_if(biggest_.begin(), biggest_.end(),
                                    [&](const Holder& other) { return other.rss < holder.rss; });
  biggest_.insert(smaller, std::move(holder));
  if (biggest_.size() > kBiggest) biggest_.pop_back();
}

std::vector<Holder> TaskTable::biggest() const { return biggest_; }

}  // namespace spillway::doctor
