#include "render/who.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "json/writer.h"
#include "render/words.h"

namespace spillway {
namespace {

using doctor::Account;
using doctor::Holding;
using doctor::Holdings;

constexpr std::size_t kShown = 15;  // programs; the others are one row

struct Selected {
  std::vector<const Holding*> shown, others;
};

/// Of those that a pattern names all; else the biggest.
Selected select(const Holdings& holdings, std::string_view pattern, bool all) {
  Selected selected;
  for (const Holding& holding : holdings.programs) {
    if (!pattern.empty() && !doctor::is_named(holding, pattern)) continue;
    const bool show = all || !pattern.empty() || selected.shown.size() < kShown;
    (show ? selected.shown : selected.others).push_back(&holding);
  }
  return selected;
}

std::string place_of(const Holding& holding) {
  return holding.container.empty() ? holding.unit : "container " + holding.container;
}

std::string figure(Bytes bytes) { return bytes.count == 0 ? "-" : to_string(bytes); }

class Table {
 public:
  Table(const Holdings& holdings, const Canvas& canvas)
      : accounts_(holdings.accounts), canvas_(canvas) {}

  void add(const Holding& holding) {
    start({holding.program, Paint::bold}, place_of(holding), std::to_string(holding.pids.size()));
    for (const Account& account : accounts_)
      rows_.back().push_back({figure(holding.in(account.pool))});
  }
  void add_sum(const std::string& title, const std::vector<const Holding*>& of) {
    std::size_t processes = 0;
    for (const Holding* holding : of) processes += holding->pids.size();
    start({title}, "", std::to_string(processes));
    for (const Account& account : accounts_) {
      Bytes sum;
      for (const Holding* holding : of) sum += holding->in(account.pool);
      rows_.back().push_back({figure(sum)});
    }
  }
  /// What no program holds: a row per name, in the order of the accounts, what is left over and what is
  /// free at the end.
  void add_rest() {
    std::vector<std::string_view> names, last;
    for (const Account& account : accounts_) {
      for (const doctor::Rest& rest : account.rest) {
        const bool at_end = rest.what == doctor::kFree || rest.what == doctor::kUnaccounted ||
                            rest.what == doctor::kCountedTwice;
        auto& into = at_end ? last : names;
        if (std::find(into.begin(), into.end(), rest.what) == into.end()) into.push_back(rest.what);
      }
    }
    std::sort(last.rbegin(), last.rend());  // unaccounted, free, counted twice
    names.insert(names.end(), last.begin(), last.end());
    for (const std::string_view name : names) {
      start({std::string(name), Paint::dim}, "", "");
      for (const Account& account : accounts_) {
        rows_.back().push_back({amount(account.find(name)), Paint::dim});
      }
    }
    start({"in all"}, "", "");
    for (const Account& account : accounts_) rows_.back().push_back({to_string(account.total)});
  }

  std::vector<std::string> lines(const PoolNames& names) const {
    std::vector<Column> head{{.title = "PROGRAM", .flexible = true},
                             {.title = "WHERE", .flexible = true},
                             {.title = "PROCESSES", .right = true}};
    for (const Account& account : accounts_) {
      std::string title = names.of(account.pool);
      for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      head.push_back({.title = title, .right = true});
    }
    return table(head, rows_, canvas_);
  }

 private:
  void start(Cell name, std::string place, std::string count) {
    rows_.push_back({std::move(name), {std::move(place), Paint::dim}, {std::move(count)}});
  }

  const std::vector<Account>& accounts_;
  Canvas canvas_;
  std::vector<std::vector<Cell>> rows_;
};

/// The names that people use for the pools of these accounts.
PoolNames names_of(const Holdings& holdings) {
  std::vector<PoolStatus> pools;
  for (const Account& account : holdings.accounts)
    pools.emplace_back().assessment.pool = account.pool;
  return PoolNames(pools);
}

}  // namespace

std::vector<std::string> who_lines(const Holdings& holdings, std::string_view pattern, bool all,
                                   const Canvas& canvas) {
  const Selected selected = select(holdings, pattern, all);
  if (selected.shown.empty() && !pattern.empty()) {
    return {fmt::format("nothing called \"{}\" holds memory here", printable(pattern))};
  }
  Table table(holdings, canvas);
  for (const Holding* holding : selected.shown) table.add(*holding);
  if (!selected.others.empty()) {
    table.add_sum(fmt::format("{} others", selected.others.size()), selected.others);
  }
  if (pattern.empty()) {
    table.add_rest();
  } else {
    table.add_sum("together", selected.shown);
  }
  return table.lines(names_of(holdings));
}

std::string who_document(const Holdings& holdings, std::string_view pattern,
                         const StatusReport& report) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.who/1");
  out.member("time", report.at);
  out.member("source", report.source);
  out.key("memories");
  out.begin_array();
  for (const Account& account : holdings.accounts) {
    out.begin_object();
    out.member("pool", account.pool.text);
    out.member("total_bytes", account.total);
    out.member("unaccounted_bytes",
               std::max(Bytes{}, account.find(doctor::kUnaccounted).value_or(Bytes{})));
    out.member("counted_twice_bytes", -account.find(doctor::kCountedTwice).value_or(Bytes{}));
    out.member("free_bytes", account.find(doctor::kFree));
    out.key("rest");
    out.begin_array();
    for (const doctor::Rest& rest : account.rest) {
      if (rest.what == doctor::kUnaccounted || rest.what == doctor::kCountedTwice) continue;
      out.begin_object();
      out.member("what", rest.what);
      out.member("bytes", rest.bytes);
      out.end_object();
    }
    out.end_array();
    out.end_object();
  }
  out.end_array();
  out.key("programs");
  out.begin_array();
  for (const Holding* holding : select(holdings, pattern, true).shown) {
    out.begin_object();
    out.member("program", holding->program);
    out.member("unit", holding->unit.empty() ? std::nullopt : std::optional(holding->unit));
    out.member("container",
               holding->container.empty() ? std::nullopt : std::optional(holding->container));
    out.key("pids");
    out.begin_array();
    for (const pid_t pid : holding->pids) out.value(pid);
    out.end_array();
    out.key("holds");
    out.begin_array();
    for (const Account& account : holdings.accounts) {
      const Bytes bytes = holding->in(account.pool);
      if (bytes.count == 0) continue;
      out.begin_object();
      out.member("pool", account.pool.text);
      out.member("bytes", bytes);
      out.end_object();
    }
    out.end_array();
    out.member("peak_ram_bytes", holding->peak_ram);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace spillway
