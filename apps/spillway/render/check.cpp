#include "render/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "json/writer.h"

namespace spillway {
namespace {

using doctor::Holding;
using doctor::Precheck;
using doctor::PrecheckItem;

constexpr std::size_t kNamed = 5;  // programs that could be closed

}  // namespace

std::vector<std::string> check_lines(const Precheck& check, const Canvas& canvas) {
  const auto bad = std::count_if(check.items.begin(), check.items.end(),
                                 [](const PrecheckItem& item) { return !item.good; });
  std::vector<std::string> lines{
      bad == 0 ? painted("ready", Paint::good, canvas)
               : painted(fmt::format("not ready: {} of {}", bad, check.items.size()), Paint::bad,
                         canvas)};
  for (const PrecheckItem& item : check.items) {
    lines.push_back(
        fmt::format("{}  {:6}  {}",
                    painted(item.good ? "ok" : "no", item.good ? Paint::good : Paint::bad, canvas),
                    printable(item.name), printable(item.what)));
    if (!item.fix.empty()) lines.push_back("            " + printable(item.fix));
    if (!item.command.empty()) lines.push_back("            $ " + printable(item.command));
  }
  std::string closable;
  for (std::size_t i = 0; i < std::min(check.closable.size(), kNamed); ++i) {
    const Holding& holding = *check.closable[i];
    closable += fmt::format("{}{} {}", i == 0 ? "" : ", ", printable(holding.program),
                            to_string(holding.in(kRam)));
  }
  if (!closable.empty()) lines.push_back("you could close: " + closable);
  if (!check.missing.empty()) {
    std::string missing;
    for (const auto& [pool, bytes] : check.missing) {
      missing += fmt::format("{}{} of {}", missing.empty() ? "" : ", ", to_string(bytes),
                             printable(pool.text));
    }
    lines.push_back(fmt::format("spillway check --fix asks the tenants for {}", missing));
  }
  return lines;
}

std::string check_document(const Precheck& check, const std::optional<doctor::StackNeed>& need,
                           const StatusReport& report) {
  constexpr std::array<std::string_view, 3> kVerdicts{"fits", "fits_with_changes", "does_not_fit"};
  const auto told = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.check/1");
  out.member("time", report.at);
  out.member("source", report.source);
  out.member("ready", check.ready());
  out.member("verdict", need ? std::optional(kVerdicts[static_cast<std::size_t>(need->verdict)])
                             : std::nullopt);
  out.key("items");
  out.begin_array();
  for (const PrecheckItem& item : check.items) {
    out.begin_object();
    out.member("name", item.name);
    out.member("good", item.good);
    out.member("what", item.what);
    out.member("fix", told(item.fix));
    out.member("command", told(item.command));
    out.end_object();
  }
  out.end_array();
  out.key("closable");
  out.begin_array();
  for (const Holding* holding : check.closable) {
    out.begin_object();
    out.member("program", holding->program);
    out.member("ram_bytes", holding->in(kRam));
    out.end_object();
  }
  out.end_array();
  out.key("memories");
  out.begin_array();
  for (const doctor::Need& memory : need ? need->memories : std::vector<doctor::Need>{}) {
    out.begin_object();
    out.member("pool", memory.pool.text);
    out.member("needed_bytes", memory.needed);
    out.member("free_bytes", memory.free);
    out.member("safe_bytes", std::max(Bytes{}, memory.safe));
    out.end_object();
  }
  out.end_array();
  out.key("changes");
  out.begin_array();
  for (const std::string& change : need ? need->changes : std::vector<std::string>{})
    out.value(change);
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace spillway
