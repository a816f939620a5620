#include <fmt/format.h>

#include "base/text.h"
#include "fit/choose/change.h"
#include "render/plan.h"

namespace spillway {
namespace {

std::string fills(const fit::Answer& answer) {
  std::string text;
  for (const fit::Fill& fill : answer.planned) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", fill.name, percent(fill.peak_share));
  }
  return text;
}

}  // namespace

std::vector<std::string> suggest_lines(const fit::Suggestion& suggestion, const Canvas& canvas) {
  std::vector<std::string> lines;
  if (suggestion.stacks.empty()) lines.emplace_back("no stack stays safe");
  for (std::size_t i = 0; i < suggestion.stacks.size(); ++i) {
    const fit::SuggestedStack& stack = suggestion.stacks[i];
    lines.push_back(
        painted(i == 0 ? "best" : "runner-up", i == 0 ? Paint::good : Paint::bold, canvas) + " (" +
        fills(stack.answer) + ")");
    std::vector<std::vector<Cell>> rows;
    for (const fit::Chosen& member : stack.members) {
      const fit::Need need = *fit::need_of(*member.entry, member.on_gpu);
      rows.push_back({{"  " + std::string(fit::name(member.kind))},
                      {member.entry->name},
                      {member.entry->runtime},
                      {member.on_gpu ? "GPU" : "CPU"},
                      {to_string((member.on_gpu ? need.vram_peak : need.ram_peak).likely)},
                      {fit::facts(*member.entry), Paint::dim}});
    }
    for (std::string& line : table({{.title = ""},
                                    {.title = "", .flexible = true, .least = 12},
                                    {.title = ""},
                                    {.title = ""},
                                    {.title = "", .right = true},
                                    {.title = "", .flexible = true}},
                                   rows, canvas)) {
      lines.push_back(std::move(line));
    }
  }
  std::vector<std::vector<Cell>> rows;
  for (const fit::Rejected& rejected : suggestion.rejected) {
    rows.push_back({{"  " + std::string(fit::name(rejected.entry->kind))},
                    {rejected.entry->name},
                    {fit::facts(*rejected.entry), Paint::dim},
                    {rejected.why}});
  }
  if (!rows.empty()) lines.emplace_back("not chosen");
  for (std::string& line : table({{.title = ""},
                                  {.title = "", .flexible = true, .least = 12},
                                  {.title = ""},
                                  {.title = "", .flexible = true, .least = 24}},
                                 rows, canvas)) {
    lines.push_back(std::move(line));
  }
  if (!suggestion.exact) lines.emplace_back("approximate: not all combinations were tried");
  return lines;
}

}  // namespace spillway
