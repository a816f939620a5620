# Reads ctest's JUnit report: names what failed, says why what was skipped was, and ends with the one line
# "N passed, N failed, N skipped". Exit status 0 only if something ran and nothing failed.

function plain(text) {
  gsub(/&quot;/, "\"", text)
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&apos;/, "'", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

function attribute(name) {
  return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
}

/^\t<testcase / {
  test = plain(attribute("name"))
  status = attribute("status")
  reason = status == "disabled" ? "disabled" : ""
  sanitized = 0
}

# A sanitizer speaks after the test has said that it skips; ctest then looks no further.
/ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: / { sanitized = 1 }

/^\[  SKIPPED \]|^<\/system-out>/ { in_reason = 0 }
in_reason && NF { reason = reason (reason == "" ? "" : " ") plain($0) }
/: Skipped$/ { in_reason = 1 }

/^\t<\/testcase>/ {
  if (status == "run" && !sanitized) {
    passed++
  } else if ((status == "notrun" || status == "disabled") && !sanitized) {
    skipped++
    print "skipped: " test (reason == "" ? "" : ": " reason)
  } else {
    failures[++failed] = test
  }
}

END {
  for (i = 1; i <= failed; i++) print "FAILED: " failures[i]
  if (passed + failed + skipped == 0) {
    print "FAILED: no test ran"
    failed = 1
  }
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit failed > 0
}
