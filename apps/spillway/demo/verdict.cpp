#include "demo/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "json/writer.h"

namespace spillway {
namespace {

std::string killed(const DemoVerdict& verdict) {
  if (verdict.programs_killed == 0) return "none";
  return fmt::format("{} ({})", verdict.programs_killed, verdict.first_death);
}

void write(JsonWriter& out, const DemoVerdict& verdict) {
  const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
  out.begin_object();
  out.member("answered", verdict.requests.answered);
  out.member("wrong", verdict.requests.wrong);
  out.member("lost", verdict.requests.lost);
  out.member("longest_wait_seconds", seconds(verdict.requests.longest));
  out.member("programs_killed", verdict.programs_killed);
  out.member("kernel_kills", verdict.kernel_kills);
  out.member("peak_bytes", verdict.peak);
  if (const auto& deeds = verdict.deeds) {
    out.member("given_back_bytes", deeds->given_back);
    out.member("steps", deeds->steps);
    out.member("steps_back", deeds->restores);
    out.member("longest_gap_giving_seconds", seconds(deeds->longest_give));
    out.member("longest_gap_restoring_seconds", seconds(deeds->longest_restore));
    out.member("restored", verdict.restored);
  }
  out.end_object();
}

}  // namespace

std::string document(const char* kind, Bytes limit, const std::optional<DemoVerdict>& without,
                     const DemoVerdict& with) {
  JsonWriter out(2);
  out.begin_object();
  out.member("schema", "spillway.demo/1");
  out.member("kept_by", kind);
  out.member("limit_bytes", limit);
  out.key("without");
  without ? write(out, *without) : out.value(nullptr);
  out.key("with");
  write(out, with);
  out.member("good", good(with));
  out.end_object();
  return out.take();
}

bool good(const DemoVerdict& with) {
  return with.programs_killed == 0 && with.kernel_kills == 0 && with.requests.answered > 0 &&
         with.requests.wrong == 0 && with.requests.lost == 0 && with.restored && with.deeds &&
         with.deeds->stops == 0;
}

std::string table(const std::optional<DemoVerdict>& without, const DemoVerdict& with) {
  std::string text =
      fmt::format("{:<34}{:>18}{:>18}\n", "", without ? "without" : "", "with Spillway");
  const auto row = [&](const char* what, auto value) {
    text += fmt::format("{:<34}{:>18}{:>18}\n", what, without ? value(*without) : std::string(),
                        value(with));
  };
  row("requests answered",
      [](const DemoVerdict& v) { return std::to_string(v.requests.answered); });
  row("answers wrong", [](const DemoVerdict& v) { return std::to_string(v.requests.wrong); });
  row("answers lost", [](const DemoVerdict& v) { return std::to_string(v.requests.lost); });
  row("programs killed", killed);
  row("kills by the kernel's OOM killer",
      [](const DemoVerdict& v) { return std::to_string(v.kernel_kills); });
  row("most in use under the limit", [](const DemoVerdict& v) { return to_string(v.peak); });
  const auto deed = [&](const char* what, auto value) {
    row(what, [&](const DemoVerdict& v) { return v.deeds ? value(*v.deeds) : std::string("-"); });
  };
  deed("given back (measured)", [](const Deeds& d) { return to_string(d.given_back); });
  deed("steps taken, steps back",
       [](const Deeds& d) { return fmt::format("{}, {}", d.steps, d.restores); });
  deed("longest gap: giving", [](const Deeds& d) { return to_string(d.longest_give); });
  deed("longest gap: restoring", [](const Deeds& d) { return to_string(d.longest_restore); });
  row("longest wait for an answer",
      [](const DemoVerdict& v) { return to_string(v.requests.longest); });
  row("everything restored", [](const DemoVerdict& v) {
    return std::string(!v.deeds ? "-" : v.restored ? "yes" : "no");
  });
  return text;
}

}  // namespace spillway
