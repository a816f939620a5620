#include "render/watch.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"
#include "render/canvas.h"
#include "render/words.h"

namespace spillway {
namespace {

/// What one line tells.
struct Look {
  std::optional<Bytes> ram_used, ram_total, cache, swap_used, swap_total, vram_used, vram_total;
  const ProcessReading* top = nullptr;
};

void add(std::optional<Bytes>& sum, const std::optional<Bytes>& bytes) {
  if (bytes) sum = sum.value_or(Bytes{}) + *bytes;
}

Look look_of(const StatusReport& report) {
  Look look;
  for (const PoolStatus& pool : report.pools) {
    const PoolAssessment& a = pool.assessment;
    if (a.unknown_since) continue;  // an old figure is not the present one
    if (a.pool == kRam) {
      look.ram_used = a.used;
      look.ram_total = a.total;
      look.cache = pool.cache;
    } else if (a.pool == kSwap) {
      look.swap_used = a.used;
      look.swap_total = a.total;
    } else if (a.pool.kind() == PoolKind::vram) {
      add(look.vram_used, a.used);
      add(look.vram_total, a.total);
    }
  }
  if (!look.cache) look.cache = report.memory.cached;
  if (!report.owners.empty()) look.top = &report.owners.front();
  return look;
}

std::optional<Bytes> size_of(const ProcessReading& process) {
  return process.pss ? process.pss : process.rss;
}

std::string share(const std::optional<Bytes>& used, const std::optional<Bytes>& total) {
  if (!used || !total) return amount(used);
  return part_of(used, total);
}

std::string line(std::string_view time, std::string_view level, std::string_view ram,
                 std::string_view cache, std::string_view swap, std::string_view vram,
                 std::string_view top) {
  return fmt::format("{:8}  {:9}  {:>16}  {:>8}  {:>16}  {:>16}  {}", time, level, ram, cache, swap,
                     vram, top);
}

/// RFC 4180: quoted where a separator, a quote or a line end is in it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string csv_number(const std::optional<Bytes>& bytes) {
  return bytes ? std::to_string(bytes->count) : std::string();
}

}  // namespace

std::string watch_head() {
  return line("TIME", "LEVEL", "RAM", "CACHE", "SWAP", "VRAM", "TOP OWNER");
}

std::string watch_line(const StatusReport& report) {
  const Look look = look_of(report);
  std::string top = "-";
  if (look.top != nullptr) {
    top = fmt::format("{} {} (pid {})", printable(look.top->name), amount(size_of(*look.top)),
                      look.top->key.pid);
  }
  const std::string time = to_rfc3339(report.at);  // "2026-11-20T16:20:00.123Z"
  return line(time.substr(11, 8), name(report.level), share(look.ram_used, look.ram_total),
              amount(look.cache), share(look.swap_used, look.swap_total),
              share(look.vram_used, look.vram_total), top);
}

std::string watch_csv(const StatusReport& report) {
  const Look look = look_of(report);
  std::string out = to_rfc3339(report.at) + "," + std::string(name(report.level));
  for (const auto& bytes : {look.ram_used, look.ram_total, look.cache, look.swap_used,
                            look.swap_total, look.vram_used, look.vram_total}) {
    out += "," + csv_number(bytes);
  }
  if (look.top == nullptr) return out + ",,,";
  return out + "," + std::to_string(look.top->key.pid) + "," +
         csv_field(printable(look.top->name)) + "," + csv_number(size_of(*look.top));
}

std::string watch_json(const StatusReport& report) {
  const Look look = look_of(report);
  JsonWriter out;
  out.begin_object();
  out.member("schema", "spillway.watch/1");
  out.member("time", report.at);
  out.member("source", report.source);
  out.member("level", name(report.level));
  out.member("ram_used_bytes", look.ram_used);
  out.member("ram_total_bytes", look.ram_total);
  out.member("cache_bytes", look.cache);
  out.member("swap_used_bytes", look.swap_used);
  out.member("swap_total_bytes", look.swap_total);
  out.member("vram_used_bytes", look.vram_used);
  out.member("vram_total_bytes", look.vram_total);
  out.key("top_owner");
  if (look.top == nullptr) {
    out.value(nullptr);
  } else {
    out.begin_object();
    out.member("pid", look.top->key.pid);
    out.member("name", look.top->name);
    out.member("bytes", size_of(*look.top));
    out.end_object();
  }
  out.end_object();
  return out.take();
}

}  // namespace spillway
