#include "render/html.h"

#include <fmt/format.h>

#include "base/version.h"
#include "render/canvas.h"

namespace spillway {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)";
constexpr std::string_view kStyle = R"(</title>
<style>
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#667;--paper:#fff;--line:#d7dbe0;--bad:#b3261e;--open:#9a6700}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--dim:#9aa3ad;--paper:#14171a;--line:#333a41;--bad:#ff8a80;--open:#e3b341}}
body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .4rem;border-top:1px solid var(--line);padding-top:1rem}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.15rem 1rem;margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.evidence{font:12px/1.5 ui-monospace,monospace;color:var(--dim)}svg{width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--dim)}.axis{stroke:var(--line)}.known{fill:var(--bad)}.unknown{fill:var(--open)}
.act{stroke:var(--dim)}.fail{stroke:var(--bad);stroke-width:2}.bad{color:var(--bad)}.good{color:#2e7d32}
table{border-collapse:collapse;width:100%}th{text-align:left;color:var(--dim);font-weight:400}th,td{padding:.15rem .6rem .15rem 0;vertical-align:top}
.use{fill:none;stroke-width:1.5}.s0{stroke:#3b82c4}.s1{stroke:#4f9d58}.s2{stroke:#b07cc6}.s3{stroke:#c98a2b}
</style></head><body>
)";

}  // namespace

std::string page_head(std::string_view title) {
  return std::string(kHead) + escaped(title) + std::string(kStyle);
}

std::string page_end() {
  return fmt::format("<p class=\"evidence\">spillway {}</p></body></html>\n", kVersion);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace spillway
