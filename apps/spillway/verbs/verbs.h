#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "console.h"
#include "doctor/report/journal_report.h"
#include "fit/use.h"
#include "run/fitting.h"

namespace spillway {

// One function per verb: does what `spillway VERB` says and returns the exit code. Main thread.

struct StatusOptions {
  bool json = false, verbose = false;
};
ExitCode status(const Global& global, const StatusOptions& options);

struct PsOptions {
  bool json = false, all = false;
};
ExitCode ps(const Global& global, const PsOptions& options);

struct WatchOptions {
  Duration interval = 10s;
  std::uint64_t count = 0;  // 0: until interrupted
  bool json = false, csv = false;
};
ExitCode watch(const Global& global, const WatchOptions& options);

/// offload, restore.
struct MoveOptions {
  std::string verb, tenant;
  Duration within = 60s;
  bool json = false, dry_run = false;
};
ExitCode move(const Global& global, const MoveOptions& options);

struct FreeOptions {
  std::optional<Bytes> ram, vram, bytes;
  std::string pool;
  Duration within = 60s;
  bool json = false, dry_run = false;
};
ExitCode free_memory(const Global& global, const FreeOptions& options);

ExitCode pin(const Global& global, const std::string& tenant, bool pinned);

struct WhyOptions {
  std::string subject;  // a tenant, a pid, an event's number; empty: what happened last
  std::string journal;  // read this instead of asking the daemon
  bool json = false;
};
ExitCode why(const Global& global, const WhyOptions& options);

struct CheckOptions {
  std::vector<std::string> models;  // files, folders, names, stacks; none: the machine by itself
  bool json = false, fix = false;
};
ExitCode check(const Global& global, const CheckOptions& options);

struct DoctorOptions {
  bool json = false;
};
ExitCode doctor_verb(const Global& global, const DoctorOptions& options);

struct WhoOptions {
  std::string pattern;                           // of a program, unit or container; empty: all
  bool vram = false, ram = false, swap = false;  // none: all of them
  bool json = false, all = false;
};
ExitCode who(const Global& global, const WhoOptions& options);

struct ExplainOptions {
  std::vector<std::string>
      files;  // logs, gzip or not, and journal directories; "-": standard input
  bool boot = false, last = false, json = false;
  std::string html;  // write a page here
};
ExitCode explain_logs(const Global& global, const ExplainOptions& options);

/// The beginning of a period: a moment, or so long ago.
struct Since {
  Duration ago = 24h;
  std::optional<WallTime> moment;
  WallTime before(WallTime now) const;
};

struct ReportOptions {
  Since since;
  std::string journal;  // empty: the daemon's
  std::string html;     // write a page here
  bool json = false;
  doctor::Targets targets;
};
ExitCode report(const Global& global, const ReportOptions& options);

struct ReplayOptions {
  std::string journal;
  bool json = false;
};
ExitCode replay(const Global& global, const ReplayOptions& options);

/// context trim, context replay.
struct ContextOptions {
  std::vector<std::uint64_t> budgets;  // tokens; trim takes one
  std::string policy;                  // a file
  std::vector<std::string> count;      // "bytes", or "server" and a URL
  std::string model;  // the budget is what this one takes in `vram`, run like `use`
  std::optional<Bytes> vram;
  std::optional<double> threshold;
  fit::Use use;
  std::string log, svg;  // of replay
  bool json = false;
};
ExitCode context_trim(const Global& global, const ContextOptions& options);
ExitCode context_replay(const Global& global, const ContextOptions& options);

struct PlanOptions {
  std::vector<std::string> models;  // files, folders, names; *.toml are stacks
  std::optional<std::uint64_t> gpu;
  std::optional<Bytes> vram, ram, reserve;
  std::optional<double> threshold;
  fit::Use use;               // of the models named
  std::string params, dtype;  // of a model without files
  bool explain = false, json = false;
  bool no_corrections = false;       // the formulas alone, not what measured runs have taught
  bool calibrate = false;            // measure `command` first
  std::vector<std::string> command;  // what runs the model
  std::string svg, print_flags, headroom, suggest;
  std::optional<double> max_latency_ms, min_accuracy;
  bool offline = false;
};
ExitCode plan(const Global& global, const PlanOptions& options);

struct ConfigOptions {
  std::string verb;  // show, check, default
  std::vector<std::string> files;
  bool user = false, system = false, json = false;  // neither: by who we are, as spillwayd
};
ExitCode config(const Global& global, const ConfigOptions& options);

struct RunOptions {
  std::vector<std::string> command;
  std::string name, status_file;
  FitOptions fit;
  int priority = 0;
  bool verbose = false;
};
/// Becomes spillway-gateway with these arguments; returns only where that cannot be.
int gateway(const std::vector<std::string>& arguments);

/// An ExitCode, or the command's own.
int run(const Global& global, const RunOptions& options);

}  // namespace spillway
