#pragma once

namespace spillway {

class CommandLine;

// Each adds the verbs of one purpose, with their options: what they do is in verbs/.

void add_looks(CommandLine& line);      // status ps watch
void add_requests(CommandLine& line);   // offload restore free pin unpin
void add_records(CommandLine& line);    // why explain replay
void add_reporting(CommandLine& line);  // report
void add_diagnosis(CommandLine& line);  // doctor check who
void add_tuning(CommandLine& line);     // tune
void add_settings(CommandLine& line);   // config
void add_planning(CommandLine& line);   // plan
void add_contexts(CommandLine& line);   // context
void add_programs(CommandLine& line);   // run gateway demo version

/// In the order of --help.
inline constexpr void (*kGroups[])(CommandLine&) = {
    add_looks,  add_requests, add_records,  add_reporting, add_diagnosis,
    add_tuning, add_settings, add_planning, add_contexts,  add_programs};

}  // namespace spillway
